import type { ComponentType } from "preact";

import { AdminPage } from "./admin/AdminPage";
import { CallsPage } from "./calls/CallsPage";
import { CustomersPage } from "./customers/CustomersPage";
import { Desk } from "./desk/Desk";
import { CallbacksPage } from "./followups/CallbacksPage";
import { VoicemailsPage } from "./followups/VoicemailsPage";
import { type Page, pageFor } from "./shell/router";
import { user } from "./shell/session";
import { Elsewhere } from "./shell/Elsewhere";
import { Shell } from "./shell/Shell";
import { SignIn } from "./signin/SignIn";
import { Spinner } from "./ui/parts";
import { Toasts } from "./ui/Toasts";
import { WallboardPage } from "./wallboard/WallboardPage";

const VIEWS: Record<Page, ComponentType> = {
  desk: Desk,
  wallboard: WallboardPage,
  calls: CallsPage,
  customers: CustomersPage,
  voicemails: VoicemailsPage,
  callbacks: CallbacksPage,
  admin: AdminPage,
};

export function App() {
  const who = user.value;
  if (who === undefined) {
    return (
      <div class="curtain">
        <Spinner />
      </div>
    );
  }
  if (who === null) return <SignIn />;
  const page = pageFor(who.role);
  const View = VIEWS[page];
  return (
    <>
      <Shell user={who} page={page}>
        <View key={page} />
      </Shell>
      <Elsewhere />
      <Toasts />
    </>
  );
}
