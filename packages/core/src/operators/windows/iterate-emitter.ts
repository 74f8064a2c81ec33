import type { TimeWindow } from '../../functions/window.js';
import type { Receiver } from '../operator.js';
import type { Flow, OperatorContext, OperatorInfo, RecordContext } from '../operator-context.js';
import type { Waited } from '../user-function-life.js';
import { userFailure } from '../user-failure.js';
import type { WindowEmitter } from './window-emitter.js';
import type { WindowIteration } from './window-spec.js';

/** Results that an iterator has not given yet. */
interface Pending {
  readonly iterator: Iterator<unknown>;
  readonly timestamp: number;
}

/**
 * Emits what a function gives one by one, and only while the outputs take more: a join of a thousand by a thousand
 * elements of one key is a million results.
 */
export class IterateEmitter implements WindowEmitter {
  readonly #fn: WindowIteration;
  readonly #output: Receiver;
  readonly #record: RecordContext;
  readonly #flow: Flow;
  readonly #info: OperatorInfo;
  #pending: Pending[];

  constructor(fn: WindowIteration, context: OperatorContext) {
    this.#fn = fn;
    this.#output = context.output;
    this.#record = context.record;
    this.#flow = context.flow;
    this.#info = context.info;
    this.#pending = [];
  }

  get busy(): boolean {
    return this.#pending.length > 0;
  }

  emit(key: unknown, window: TimeWindow, result: unknown): void {
    let iterator: Iterator<unknown>;
    try {
      iterator = this.#fn(result as Iterable<unknown>, { key, window });
    } catch (error) {
      throw userFailure(this.#info, 'the function of the window', error);
    }
    this.#pending.push({ iterator, timestamp: window.maxTimestamp });
    if (this.#pending.length === 1) this.pull();
  }

  pull(): boolean {
    while (this.#pending.length > 0) {
      if (!this.#pullOne(this.#pending[0]!)) return false;
      this.#pending.shift();
    }
    return true;
  }

  clear(): void {}

  close(): Waited {
    for (const { iterator } of this.#pending) iterator.return?.();
    this.#pending = [];
    return undefined;
  }

  #pullOne(pending: Pending): boolean {
    const record = this.#record;
    const before = record.timestamp;
    record.timestamp = pending.timestamp;
    let done = false;
    while (!done) {
      const next = this.#next(pending.iterator);
      if (next.done === true) {
        done = true;
      } else {
        this.#output.process(next.value);
        if (!this.#flow.mayEmit()) break;
      }
    }
    record.timestamp = before;
    return done;
  }

  #next(iterator: Iterator<unknown>): IteratorResult<unknown> {
    try {
      return iterator.next();
    } catch (error) {
      throw userFailure(this.#info, 'the join function', error);
    }
  }
}
