import { signal } from "@preact/signals";

/** The wallboard fills the screen, without rail and bar. */
export const bigScreen = signal(false);

export function enterBigScreen(): void {
  bigScreen.value = true;
  void document.documentElement.requestFullscreen?.().catch(() => undefined);
}

export function leaveBigScreen(): void {
  bigScreen.value = false;
  if (document.fullscreenElement) void document.exitFullscreen().catch(() => undefined);
}

/** Leaving the browser's full screen by its own key leaves ours too. */
export function watchFullScreen(): void {
  document.addEventListener("fullscreenchange", () => {
    if (!document.fullscreenElement) bigScreen.value = false;
  });
}
