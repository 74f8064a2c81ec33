/**
 * When a failed job is started again, and after which wait: decided purely from what has happened before.
 */

/** A rule for restarts. */
export type RestartStrategy =
  | { readonly kind: 'none' }
  /** So many restarts in all, each after the same wait. */
  | { readonly kind: 'fixed-delay'; readonly attempts: number; readonly delayMs: number }
  /** No more than so many failures within any stretch of `intervalMs`. */
  | { readonly kind: 'failure-rate'; readonly maxFailures: number; readonly intervalMs: number; readonly delayMs: number }
  /** Without an end, each wait longer than the one before, until the job has run well for `resetAfterMs`. */
  | {
      readonly kind: 'exponential-delay';
      readonly initialDelayMs: number;
      readonly maxDelayMs: number;
      readonly multiplier: number;
      /** The part of the wait by which it is made longer or shorter at random, so that jobs that failed together do not restart together. */
      readonly jitter: number;
      readonly resetAfterMs: number;
    };

/** What has happened so far. */
export interface RestartHistory {
  /** Restarts that were decided. */
  readonly restarts: number;
  /** When it failed, in milliseconds of any steady clock: as many as the strategy looks at. */
  readonly failures: readonly number[];
  /** The last wait of an exponential delay, before its jitter; undefined at first and after a reset. */
  readonly lastDelayMs: number | undefined;
}

/** What to do about a failure. */
export type RestartDecision =
  | { readonly kind: 'restart'; readonly delayMs: number }
  | { readonly kind: 'giveUp'; readonly reason: string };

/** Before the first failure. */
export const NO_FAILURES: RestartHistory = Object.freeze({ restarts: 0, failures: [], lastDelayMs: undefined });

/**
 * The one decision: the job has failed at `now` (milliseconds of a steady clock); `random` is a number from 0 to below 1.
 */
export function decideRestart(
  strategy: RestartStrategy,
  history: RestartHistory,
  { now, random }: { readonly now: number; readonly random: number },
): { readonly history: RestartHistory; readonly decision: RestartDecision } {
  switch (strategy.kind) {
    case 'none':
      return giveUp(history, 'the restart strategy is none');
    case 'fixed-delay':
      if (history.restarts >= strategy.attempts) return giveUp(history, `all ${strategy.attempts} restarts of the fixed delay are used up`);
      return restart(history, [], undefined, strategy.delayMs);
    case 'failure-rate': {
      const failures = [...history.failures, now].filter((at) => at > now - strategy.intervalMs);
      if (failures.length > strategy.maxFailures) return giveUp(history, `it has failed ${failures.length} times within ${strategy.intervalMs} ms, and ${strategy.maxFailures} are allowed`);
      return restart(history, failures, undefined, strategy.delayMs);
    }
    case 'exponential-delay': {
      const { initialDelayMs, maxDelayMs, multiplier, jitter, resetAfterMs } = strategy;
      const [lastFailure] = history.failures;
      const ranWell = lastFailure !== undefined && now - lastFailure >= (history.lastDelayMs ?? 0) + resetAfterMs;
      const delayMs = Math.min(maxDelayMs, history.lastDelayMs === undefined || ranWell ? initialDelayMs : history.lastDelayMs * multiplier);
      return restart(history, [now], delayMs, Math.max(0, Math.round(delayMs * (1 + jitter * (random * 2 - 1)))));
    }
  }
}

type Decided = ReturnType<typeof decideRestart>;

function giveUp(history: RestartHistory, reason: string): Decided {
  return { history, decision: { kind: 'giveUp', reason } };
}

function restart(history: RestartHistory, failures: readonly number[], lastDelayMs: number | undefined, delayMs: number): Decided {
  return { history: { restarts: history.restarts + 1, failures, lastDelayMs }, decision: { kind: 'restart', delayMs } };
}
