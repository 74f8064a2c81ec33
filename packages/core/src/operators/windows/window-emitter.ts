import type { TimeWindow, WindowResultFunction } from '../../functions/window.js';
import type { Receiver } from '../operator.js';
import type { OperatorContext, OperatorInfo, RecordContext } from '../operator-context.js';
import { PromiseCheck, userFailure } from '../user-failure.js';
import type { Waited } from '../user-function-life.js';

/**
 * Emits what has become of a window for one key. Results carry the window's last timestamp (rule 2); the timestamp of
 * the record under way is put back.
 */
export interface WindowEmitter {
  /** True while results of an earlier `emit` are left to be pulled. */
  readonly busy: boolean;
  /** Emits the result of a window; what cannot go out at once waits for `pull`. */
  emit(key: unknown, window: TimeWindow, result: unknown): void;
  /** Goes on with what was left; false when there is still something. */
  pull(): boolean;
  /** The window is gone for this key. */
  clear(key: unknown, window: TimeWindow): void;
  close(): Waited;
}

/** Emits the reduced or aggregated value as it is. */
export class PlainEmitter implements WindowEmitter {
  readonly busy = false;
  readonly #output: Receiver;
  readonly #record: RecordContext;
  readonly #promises: PromiseCheck;

  constructor(context: OperatorContext) {
    this.#output = context.output;
    this.#record = context.record;
    this.#promises = new PromiseCheck(context.info, 'the window function');
  }

  emit(_key: unknown, window: TimeWindow, result: unknown): void {
    if (this.#promises.active) this.#promises.look(result);
    const record = this.#record;
    const before = record.timestamp;
    record.timestamp = window.maxTimestamp;
    this.#output.process(result);
    record.timestamp = before;
  }

  pull(): boolean {
    return true;
  }

  clear(): void {}

  close(): Waited {
    return undefined;
  }
}

/** Emits what a function makes of the value, the key and the window. */
export class MapEmitter implements WindowEmitter {
  readonly busy = false;
  readonly #fn: WindowResultFunction<unknown, unknown, unknown>;
  readonly #output: Receiver;
  readonly #record: RecordContext;
  readonly #info: OperatorInfo;
  readonly #promises: PromiseCheck;

  constructor(fn: WindowResultFunction<unknown, unknown, unknown>, context: OperatorContext) {
    this.#fn = fn;
    this.#output = context.output;
    this.#record = context.record;
    this.#info = context.info;
    this.#promises = new PromiseCheck(context.info, 'the result function of the window');
  }

  emit(key: unknown, window: TimeWindow, result: unknown): void {
    let mapped: unknown;
    try {
      mapped = this.#fn(result, { key, window });
    } catch (error) {
      throw userFailure(this.#info, 'the result function of the window', error);
    }
    if (this.#promises.active) this.#promises.look(mapped);
    const record = this.#record;
    const before = record.timestamp;
    record.timestamp = window.maxTimestamp;
    this.#output.process(mapped);
    record.timestamp = before;
  }

  pull(): boolean {
    return true;
  }

  clear(): void {}

  close(): Waited {
    return undefined;
  }
}
