import { AssertionError } from '../base/assert.js';
import { type ErrorLocation, MillraceError, RECORD_UNKNOWN } from '../base/errors.js';
import { PromiseFromSyncFunction, UserFunctionFailed } from './errors.js';
import { excerpt } from '../record/excerpt.js';
import type { OperatorInfo } from './operator-context.js';

/** How many results of a function are looked at for a promise when check mode is off. */
const LOOKED_AT = 64;

/** The place of an operator, for errors. */
export function placeOf(info: OperatorInfo): ErrorLocation {
  return {
    job: info.job,
    operator: info.name,
    subtask: info.subtask,
    ...(info.definedAt === undefined ? {} : { definedAt: info.definedAt }),
  };
}

/**
 * The error to throw for what a user's function threw: a coded error keeps its code and learns the place, a broken
 * invariant of ours stays as it is, anything else is wrapped with the operator, the user's line and the record.
 */
export function userFailure(info: OperatorInfo, what: string, error: unknown, value?: unknown): Error {
  if (error instanceof AssertionError) return error;
  if (error instanceof MillraceError) return error.located(placeOf(info));
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : `a ${typeof error}: ${excerpt(error)}`;
  return UserFunctionFailed.error({
    what: `${what} of "${info.name}" threw ${reason}${value === undefined ? '' : ` at the record ${excerpt(value)}`}`,
    where: placeOf(info),
    cause: error,
  });
}

/** The same for what came of a promise: by then the subtask is at another record. */
export function laterUserFailure(info: OperatorInfo, what: string, error: unknown, value: unknown): Error {
  const failure = userFailure(info, what, error, value);
  return failure instanceof MillraceError ? failure.located(RECORD_UNKNOWN) : failure;
}

/**
 * Finds a synchronous function that returns promises. A function does so from the first record or never (a missing
 * `await` does not come and go), so only the first results are looked at; check mode looks at all. An operator keeps what
 * `next` gives, and has nothing left to ask once that is undefined.
 */
export class PromiseCheck {
  readonly #info: OperatorInfo;
  readonly #what: string;
  #left: number;

  constructor(info: OperatorInfo, what: string) {
    this.#info = info;
    this.#what = what;
    this.#left = info.check ? Number.POSITIVE_INFINITY : LOOKED_AT;
  }

  /** True while results are to be looked at. */
  get active(): boolean {
    return this.#left > 0;
  }

  /** Looks at a result and gives the check for the next one; undefined when enough were seen. */
  next(result: unknown): PromiseCheck | undefined {
    this.look(result);
    return this.active ? this : undefined;
  }

  /** Throws when the result is a promise (anything with a `then` method). */
  look(result: unknown): void {
    this.see(typeof result === 'object' && result !== null && typeof (result as { then?: unknown }).then === 'function');
  }

  /** `look` when it is known whether the result is a promise. */
  see(isPromise: boolean): void {
    this.#left--;
    if (isPromise) throw PromiseFromSyncFunction.error({ what: `${this.#what} of "${this.#info.name}" returned a promise`, where: placeOf(this.#info) });
  }
}
