import { parseDuration } from '../base/duration.js';
import type { AsyncMapSettings } from '../operators/async-map.js';
import type { AsyncRetry } from '../operators/async-settings.js';
import type { TypeInfo } from '../record/types/type-info.js';
import { SettingInvalid } from './errors.js';
import { calledAt } from './function-check.js';
import type { AsyncMapOptions, RetryOptions } from './stream-options.js';

/** Calls under way where the user says nothing. */
const DEFAULT_CAPACITY = 100;

/** The settings of the operator from the options of the user. */
export function asyncSettings(fn: AsyncMapSettings['fn'], options: AsyncMapOptions<unknown, unknown>, inputType: TypeInfo): AsyncMapSettings {
  if (typeof options !== 'object' || options === null || options.timeout === undefined) {
    throw SettingInvalid.error({ what: 'asyncMap was given no timeout', remedy: 'Say how long one element may take: { timeout: \'5 s\' }.', ...calledAt('asyncMap') });
  }
  return {
    fn,
    inputType,
    capacity: options.capacity ?? DEFAULT_CAPACITY,
    timeoutMs: parseDuration(options.timeout, 'the timeout of asyncMap'),
    ordered: options.ordered ?? true,
    ...(options.retry === undefined ? {} : { retry: retrySettings(options.retry) }),
    ...(options.onTimeout === undefined ? {} : { onTimeout: options.onTimeout }),
  };
}

function retrySettings(retry: RetryOptions): AsyncRetry {
  return {
    attempts: retry.attempts,
    ...(retry.delay === undefined ? {} : { delayMs: parseDuration(retry.delay, 'the delay of a retry') }),
    ...(retry.maxDelay === undefined ? {} : { maxDelayMs: parseDuration(retry.maxDelay, 'the longest delay of a retry') }),
    ...(retry.retryOn === undefined ? {} : { retryOn: retry.retryOn }),
  };
}
