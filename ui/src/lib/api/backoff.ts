// When to try again after the stream was lost.

const FIRST_MS = 500;
/** A server that restarts is back in well under a second; one that is gone for the day is asked twice a minute. */
const LONGEST_MS = 30_000;

/** Before the attempt of that number (from 0): doubling, up to half a minute, with a fifth of spread so that many tabs do not knock at once. */
export function retryDelayMs(attempt: number, random: () => number = Math.random): number {
  const base = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.round(base * (0.9 + 0.2 * random()));
}
