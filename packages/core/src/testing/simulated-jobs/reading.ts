/** What flows through simulated jobs: a value under a key, at a time. */
export interface Reading {
  readonly key: string;
  readonly value: number;
  readonly at: number;
}

/** Width of the windows of simulated jobs. */
export const WINDOW_MS = 100;

/** End of the window that a time falls into. */
export const windowEnd = (at: number): number => (Math.floor(at / WINDOW_MS) + 1) * WINDOW_MS;

/** When the timer for a record fires. */
export const timerTime = (at: number): number => Math.floor(at / 50) * 50 + 75;
