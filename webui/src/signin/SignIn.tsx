import { useEffect, useRef, useState } from "preact/hooks";

import { ApiError } from "../api/client";
import { t } from "../i18n";
import { Logo } from "../shell/Logo";
import { signIn } from "../shell/session";
import { Icon, type IconName } from "../ui/Icon";
import { LanguageSwitch } from "../ui/LanguageSwitch";
import { explain } from "../ui/messages";

export function SignIn() {
  return (
    <div class="signin">
      <aside class="signin-brand">
        <div class="signin-mark">
          <Logo size={44} />
          <span>{t("app.name")}</span>
        </div>
        <div>
          <p class="signin-tagline">{t("app.tagline")}</p>
          <p class="signin-sub">{t("app.tagline.sub")}</p>
          <ul>
            <Point icon="desk" text={t("signin.point.pop")} />
            <Point icon="note" text={t("signin.point.story")} />
            <Point icon="wallboard" text={t("signin.point.live")} />
          </ul>
        </div>
        <Waves />
      </aside>
      <div class="signin-side">
        <div class="signin-top">
          <LanguageSwitch />
        </div>
        <Form />
      </div>
    </div>
  );
}

function Point({ icon, text }: { icon: IconName; text: string }) {
  return (
    <li>
      <Icon name={icon} size={18} />
      <span>{text}</span>
    </li>
  );
}

/** Two voices, as lines. */
function Waves() {
  return (
    <svg class="waves" viewBox="0 0 600 160" preserveAspectRatio="none" aria-hidden="true">
      <path d="M0 80C40 80 40 30 80 30s40 100 80 100 40-80 80-80 40 60 80 60 40-90 80-90 40 110 80 110 40-50 80-50 40 0 40 0" />
      <path d="M0 90c50 0 50-40 100-40s50 70 100 70 50-90 100-90 50 80 100 80 50-50 100-50 50 30 100 30" />
    </svg>
  );
}

function Form() {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [shown, setShown] = useState(false);
  const [error, setError] = useState("");
  const [working, setWorking] = useState(false);
  const nameField = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);

  useEffect(() => nameField.current?.focus(), []);

  const submit = async (event: Event) => {
    event.preventDefault();
    if (!name.trim() || !password) {
      setError(t("signin.missing"));
      (name.trim() ? passwordField : nameField).current?.focus();
      return;
    }
    setWorking(true);
    setError("");
    try {
      await signIn(name.trim(), password);
    } catch (failure) {
      setError(failure instanceof ApiError && failure.status === 429 ? t("signin.tooMany") : explain(failure));
      setWorking(false);
      passwordField.current?.select();
    }
  };

  return (
    <form class="signin-form" onSubmit={(event) => void submit(event)} noValidate>
      <h1>{t("signin.title")}</h1>
      <label>
        <span>{t("signin.name")}</span>
        <input
          ref={nameField}
          name="username"
          autocomplete="username"
          autocapitalize="off"
          spellcheck={false}
          value={name}
          data-testid="sign-in-name"
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <label>
        <span>{t("signin.password")}</span>
        <span class="field-with-button">
          <input
            ref={passwordField}
            name="password"
            type={shown ? "text" : "password"}
            autocomplete="current-password"
            value={password}
            aria-invalid={error ? true : undefined}
            aria-describedby="sign-in-error"
            data-testid="sign-in-password"
            onInput={(event) => setPassword(event.currentTarget.value)}
          />
          <button type="button" class="icon-button" aria-label={t(shown ? "signin.hide" : "signin.show")} onClick={() => setShown(!shown)}>
            <Icon name={shown ? "eyeOff" : "eye"} />
          </button>
        </span>
      </label>
      <p id="sign-in-error" class="form-error" role="alert" data-testid="sign-in-error">
        {error && <Icon name="alert" size={16} />}
        {error}
      </p>
      <button type="submit" class="button primary large" disabled={working} data-testid="sign-in-submit">
        {working ? t("signin.working") : t("signin.submit")}
      </button>
    </form>
  );
}
