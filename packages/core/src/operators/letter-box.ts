import { AssertionError } from '../base/assert.js';
import { encodeUtf8, toHex } from '../base/bytes.js';
import { DEAD_LETTERS, type DeadLetter } from '../connector/dead-letter.js';
import { PromiseFromSyncFunction } from './errors.js';
import { excerpt } from '../record/excerpt.js';
import type { OperatorContext, OperatorInfo, Output } from './operator-context.js';
import { userFailure } from './user-failure.js';

/** Takes the records at which a user's function threw, where the job says what becomes of them. */
export class LetterBox {
  readonly #info: OperatorInfo;
  readonly #output: Output;

  private constructor(info: OperatorInfo, output: Output) {
    this.#info = info;
    this.#output = output;
  }

  /** The box of an operator; undefined when nobody takes its letters, and an error fails the job. */
  static of(context: OperatorContext): LetterBox | undefined {
    return context.hasSideOutput(DEAD_LETTERS) ? new LetterBox(context.info, context.sideOutput(DEAD_LETTERS)) : undefined;
  }

  /** Hands a record over as a letter. What is wrong with every record is thrown on: a broken invariant, a function that returns promises. */
  take(what: string, error: unknown, value: unknown): void {
    if (error instanceof AssertionError || PromiseFromSyncFunction.is(error)) throw error;
    const failure = userFailure(this.#info, what, error, value);
    const { source = '', split = '', offset } = this.#info.currentPlace?.() ?? {};
    const reason = 'code' in failure ? `${String(failure.code)} ${failure.message}` : failure.message;
    this.#output.process({ reason, operator: this.#info.name, source, split, offset: typeof offset === 'number' ? offset : -1, raw: bytesOf(value) } satisfies DeadLetter);
  }
}

/** A record as bytes: its own when it is bytes, else JSON, with bigints as texts and bytes in hexadecimal. */
function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value.slice();
  try {
    const text = JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? String(part) : part instanceof Uint8Array ? toHex(part) : part)) as string | undefined;
    return encodeUtf8(text ?? excerpt(value));
  } catch {
    // A cycle, or a toJSON that throws: what can be shown of it is better than nothing.
    return encodeUtf8(excerpt(value));
  }
}
