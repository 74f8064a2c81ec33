/** How the contents of a fired window become results of the operator. */
import type { SideCollectors } from '../../functions/collector.js';
import type { ProcessWindowContext, TimeWindow, WindowResultFunction } from '../../functions/window.js';
import type { KeyedStateDeclaration, KeyedStateDeclarations } from '../../state/declarations.js';
import type { StateBackend } from '../../state/backend.js';
import { namedParts } from '../named-parts.js';
import type { Receiver } from '../operator.js';
import type { Flow, OperatorContext, OperatorInfo, RecordContext, TimeControl } from '../operator-context.js';
import { OutputCollector, sideCollectors, sideOutputNames } from '../output-collector.js';
import { closeFunction, openFunction, type Waited } from '../user-function-life.js';
import { PromiseCheck, userFailure } from '../user-failure.js';
import type { AnyProcessWindowFunction, WindowIteration } from './window-spec.js';

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

/** Calls a process window function, with the key's state and the window's at hand. */
export class ProcessEmitter implements WindowEmitter {
  readonly busy = false;
  readonly opening: Waited;
  readonly #fn: AnyProcessWindowFunction;
  readonly #single: boolean;
  readonly #state: StateBackend;
  readonly #record: RecordContext;
  readonly #info: OperatorInfo;
  readonly #collector: OutputCollector;
  readonly #context: CallContext;
  readonly #promises: PromiseCheck;

  /** `single`: the function sees one aggregated value instead of the elements. */
  constructor(fn: AnyProcessWindowFunction, single: boolean, sideOutputs: readonly string[], state: StateBackend, context: OperatorContext) {
    this.#fn = fn;
    this.#single = single;
    this.#state = state;
    this.#record = context.record;
    this.#info = context.info;
    this.#collector = new OutputCollector(context.output, context.record);
    const names = [...new Set([...sideOutputs, ...sideOutputNames(undefined, fn)])];
    this.#context = new CallContext(
      context.time,
      sideCollectors(names, context),
      handlesOf('state', fn.state, false, state, context.info),
      handlesOf('window state', fn.windowState, true, state, context.info),
    );
    this.#promises = new PromiseCheck(context.info, 'the process window function');
    this.opening = openFunction(fn, context);
  }

  emit(key: unknown, window: TimeWindow, result: unknown): void {
    const record = this.#record;
    const before = record.timestamp;
    record.timestamp = window.maxTimestamp;
    this.#enter(key, window);
    try {
      const returned: unknown = this.#fn.process((this.#single ? [result] : result) as Iterable<unknown>, this.#context, this.#collector);
      if (this.#promises.active) this.#promises.look(returned);
    } catch (error) {
      throw userFailure(this.#info, 'the process window function', error);
    }
    record.timestamp = before;
  }

  pull(): boolean {
    return true;
  }

  clear(key: unknown, window: TimeWindow): void {
    if (this.#fn.clear === undefined) return;
    this.#enter(key, window);
    try {
      this.#fn.clear(this.#context);
    } catch (error) {
      throw userFailure(this.#info, 'clear() of the process window function', error);
    }
  }

  close(): Waited {
    return closeFunction(this.#fn);
  }

  #enter(key: unknown, window: TimeWindow): void {
    // A window over all elements has no key for the user, and one of ours for the state.
    this.#state.setCurrentKey(key ?? 0);
    this.#state.setCurrentNamespace(window);
    this.#context.key = key;
    this.#context.window = window;
  }
}

/** What a process window function is told; one object, whose key and window change from call to call. */
class CallContext implements ProcessWindowContext<unknown, Record<string, unknown>, KeyedStateDeclarations, KeyedStateDeclarations> {
  key: unknown;
  window!: TimeWindow;
  readonly side: SideCollectors<Record<string, unknown>>;
  readonly state: never;
  readonly windowState: never;
  readonly #time: TimeControl;

  constructor(time: TimeControl, side: SideCollectors<Record<string, unknown>>, state: unknown, windowState: unknown) {
    this.key = undefined;
    this.side = side;
    this.state = state as never;
    this.windowState = windowState as never;
    this.#time = time;
  }

  get watermark(): number {
    return this.#time.watermark();
  }

  get currentProcessingTime(): number {
    return this.#time.now();
  }
}

function handlesOf(what: string, declarations: KeyedStateDeclarations | undefined, namespaced: boolean, state: StateBackend, info: OperatorInfo): Readonly<Record<string, unknown>> {
  const handles = new Map<string, unknown>();
  for (const [name, declaration] of Object.entries(declarations ?? {}) as [string, KeyedStateDeclaration][]) {
    // A state of the key and one of the window may have the same name.
    handles.set(name, state.keyedState(namespaced ? `window.${name}` : name, declaration, { namespaced }));
  }
  return namedParts(what, handles, info);
}

