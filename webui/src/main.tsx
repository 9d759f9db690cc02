import { effect } from "@preact/signals";
import { render } from "preact";

import { App } from "./app";
import { startAlerts } from "./desk/alerts";
import { language } from "./i18n";
import { startClock } from "./live/clock";
import { watchFullScreen } from "./shell/bigScreen";
import { startRouter } from "./shell/router";
import { startSession } from "./shell/session";
import { startTheme } from "./ui/theme";
import "./ui/css/index.css";

startTheme();
startClock();
startRouter();
watchFullScreen();
startAlerts();
effect(() => {
  document.documentElement.lang = language.value;
});
void startSession();

const root = document.getElementById("app");
if (root) render(<App />, root);
