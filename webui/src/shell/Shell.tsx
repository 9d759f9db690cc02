/** The frame around every page: the rail of pages, the top bar, banners. */

import type { ComponentChildren } from "preact";

import type { User } from "../api/types";
import { AgentBar } from "../desk/AgentBar";
import { pick, t } from "../i18n";
import { Icon } from "../ui/Icon";
import { LanguageSwitch } from "../ui/LanguageSwitch";
import { Menu } from "../ui/Menu";
import { Avatar } from "../ui/parts";
import { theme, toggleTheme } from "../ui/theme";
import { Banners } from "./Banners";
import { bigScreen } from "./bigScreen";
import { Logo } from "./Logo";
import { href, type Page, PAGES } from "./router";
import { center, isAgent, signOut } from "./session";

export function Shell({ user, page, children }: { user: User; page: Page; children: ComponentChildren }) {
  const big = bigScreen.value && page === "wallboard";
  return (
    <div class={big ? "shell big" : "shell"}>
      {!big && <Rail user={user} page={page} />}
      <div class="frame">
        {!big && <TopBar user={user} page={page} />}
        <Banners />
        <main class="main">{children}</main>
      </div>
    </div>
  );
}

function Rail({ user, page }: { user: User; page: Page }) {
  return (
    <nav class="rail" aria-label={t("nav.label")}>
      <span class="rail-logo">
        <Logo size={34} />
      </span>
      {PAGES.filter((one) => one.roles.includes(user.role)).map((one) => (
        <a key={one.page} href={href(one.page)} aria-current={one.page === page ? "page" : undefined} data-testid={`nav-${one.page}`}>
          <Icon name={one.icon} size={20} />
          <span>{t(`nav.${one.page}`)}</span>
        </a>
      ))}
      <span class="grow" />
      <button type="button" class="rail-button" aria-label={t(theme.value === "dark" ? "nav.theme.light" : "nav.theme.dark")} title={t(theme.value === "dark" ? "nav.theme.light" : "nav.theme.dark")} onClick={toggleTheme}>
        <Icon name={theme.value === "dark" ? "sun" : "moon"} size={19} />
      </button>
    </nav>
  );
}

function TopBar({ user, page }: { user: User; page: Page }) {
  const name = user.display_name || user.name;
  return (
    <header class="topbar">
      {isAgent.value ? <AgentBar /> : <h1 class="topbar-title">{t(`nav.${page}`)}</h1>}
      {!isAgent.value && <span class="grow" />}
      {!isAgent.value && <span class="topbar-center">{pick(center.value?.name)}</span>}
      <LanguageSwitch />
      <Menu
        label={name}
        align="right"
        class="user-button"
        testid="user-menu"
        button={
          <>
            <Avatar name={name} size="s" />
            <span class="user-name">{name}</span>
            <Icon name="chevron" size={14} />
          </>
        }
      >
        {() => (
          <>
            <div class="menu-note">
              <strong>{name}</strong>
              <span>{t(`role.${user.role}`)}</span>
            </div>
            <button type="button" role="menuitem" data-testid="sign-out" onClick={() => void signOut()}>
              <Icon name="exit" />
              {t("nav.signOut")}
            </button>
          </>
        )}
      </Menu>
    </header>
  );
}
