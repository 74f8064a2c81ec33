import { OperatorSettingInvalid } from './errors.js';
import { excerpt } from '../record/excerpt.js';

/** What the function of an asyncMap is told. */
export interface AsyncCallContext {
  /** Aborted when the time of the record is over, when the job ends, and when another attempt takes over. */
  readonly signal: AbortSignal;
}

/** The function of an asyncMap. */
export type AsyncMapFunction<In, Out> = (value: In, context: AsyncCallContext) => PromiseLike<Out> | Out;

/** An asyncMap function with a life cycle. */
export interface RichAsyncMapFunction<In, Out> {
  asyncMap: AsyncMapFunction<In, Out>;
}

/** How failed calls are tried again, within the timeout. */
export interface AsyncRetry {
  /** Attempts in all, the first included. */
  readonly attempts: number;
  /** The wait before the second attempt, doubled before each further one; 0 unless given. */
  readonly delayMs?: number;
  /** The longest wait between two attempts; one minute unless given. */
  readonly maxDelayMs?: number;
  /** Whether a failure is worth another attempt; all are unless given. */
  readonly retryOn?: (error: unknown) => boolean;
}

/** How calls are made. */
export interface AsyncLimits {
  /** The most calls under way in one subtask. */
  readonly capacity: number;
  /** How long a record may take, all attempts together. */
  readonly timeoutMs: number;
  /** Results leave in the order of their records; otherwise as they come, but never across a watermark. */
  readonly ordered: boolean;
  readonly retry?: AsyncRetry;
}

const LONGEST_DELAY_MS = 60_000;

/** The wait before attempt `attempt` (2 for the first repetition). */
export function retryDelay(retry: AsyncRetry, attempt: number): number {
  return Math.min(retry.maxDelayMs ?? LONGEST_DELAY_MS, (retry.delayMs ?? 0) * 2 ** (attempt - 2));
}

/** Refuses limits that make no sense. Called when the operator is made. */
export function checkAsyncLimits(limits: AsyncLimits): void {
  if (!Number.isSafeInteger(limits.capacity) || limits.capacity < 1) throw invalid('capacity', limits.capacity, 'a whole number from 1');
  if (!(limits.timeoutMs > 0)) throw invalid('timeout', limits.timeoutMs, 'more than 0 ms');
  const { retry } = limits;
  if (retry === undefined) return;
  if (!Number.isSafeInteger(retry.attempts) || retry.attempts < 1) throw invalid('retry.attempts', retry.attempts, 'a whole number from 1');
  if (retry.delayMs !== undefined && !(retry.delayMs >= 0)) throw invalid('retry.delay', retry.delayMs, '0 ms or more');
  if (retry.maxDelayMs !== undefined && !(retry.maxDelayMs >= 0)) throw invalid('retry.maxDelay', retry.maxDelayMs, '0 ms or more');
}

function invalid(name: string, value: unknown, range: string): Error {
  return OperatorSettingInvalid.error({ what: `${name} of asyncMap is ${excerpt(value)}; it must be ${range}` });
}
