/** How long to wait before the next attempt to connect. */

const FIRST_MS = 400;
const MOST_MS = 15_000;

/**
 * Milliseconds before attempt number `attempt` (0 is the first retry): doubling, capped, and spread over the upper
 * half, so that a hundred desks do not knock in the same instant when the server comes back. `chance` is in [0, 1).
 */
export function retryDelay(attempt: number, chance: number): number {
  const ceiling = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.round(ceiling / 2 + (ceiling / 2) * chance);
}
