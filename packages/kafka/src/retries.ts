import type { MillraceError, Platform } from '@millrace/core/spi';
import { AuthorisationDenied, BrokersUnreachable, RequestRefused } from './errors.js';
import { brokerErrorName, BrokerError, isDenied } from './driver/broker-errors.js';

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2000;

/** Waits, or until the signal is aborted. */
export function pause(platform: Platform, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = platform.timers.setTimer(ms, end);
    signal?.addEventListener('abort', end, { once: true });
  });
}

/** What an attempt came to: done, or worth another one, with the reason. */
export type Attempt<T> = { readonly done: T } | { readonly again: string; readonly cause?: unknown };

/** Where and for how long something is tried again. */
export interface Trying {
  readonly platform: Platform;
  readonly signal?: AbortSignal | undefined;
  /** After so long it is given up. */
  readonly forMs: number;
  /** What is tried, for the error: `reading the metadata of orders`. */
  readonly what: string;
}

/**
 * Tries until it is done, with waits that double up to two seconds. A broker that cannot be reached is tried again, too;
 * any other error ends it.
 */
export async function trying<T>(settings: Trying, attempt: () => Promise<Attempt<T>>): Promise<T> {
  const { platform, signal, forMs, what } = settings;
  const start = platform.clock.monotonicMs();
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(LONGEST_WAIT_MS, wait * 2)) {
    let outcome: Attempt<T>;
    try {
      outcome = await attempt();
    } catch (error) {
      if (!BrokersUnreachable.is(error)) throw error;
      outcome = { again: error.what, cause: error };
    }
    if ('done' in outcome) return outcome.done;
    const spent = platform.clock.monotonicMs() - start;
    if (spent + wait > forMs || signal?.aborted === true) {
      const tried = `${what} did not succeed in ${Math.round(spent / 100) / 10} s: ${outcome.again}`;
      throw BrokersUnreachable.is(outcome.cause) ? BrokersUnreachable.error({ what: tried, cause: outcome.cause }) : RequestRefused.error({ what: tried, cause: outcome.cause });
    }
    await pause(platform, wait, signal);
  }
}

/** The coded error for an answer of the broker that asking again will not change. `doing` is what was asked, `thing` what it was about. */
export function refusal(code: number, doing: string, thing: string, message?: string): MillraceError {
  if (isDenied(code)) return AuthorisationDenied.error({ what: `${doing} was denied: ${brokerErrorName(code)} for ${thingOf(code, thing)}` });
  return RequestRefused.error({ what: `${doing} was refused for ${thing}: ${brokerErrorName(code)}${message === undefined ? '' : `, ${message}`}` });
}

function thingOf(code: number, thing: string): string {
  const kind = code === BrokerError.topicAuthorisationFailed ? 'the topic' : code === BrokerError.groupAuthorisationFailed ? 'the group' : code === BrokerError.transactionalIdAuthorisationFailed ? 'the transactional id' : 'the cluster,';
  return `${kind} ${thing}`;
}
