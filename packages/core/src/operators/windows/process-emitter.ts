import type { SideCollectors } from '../../functions/collector.js';
import type { ProcessWindowContext, TimeWindow } from '../../functions/window.js';
import type { StateBackend } from '../../state/backend.js';
import type { KeyedStateDeclaration, KeyedStateDeclarations } from '../../state/declarations.js';
import { namedParts } from '../named-parts.js';
import type { OperatorContext, OperatorInfo, RecordContext, TimeControl } from '../operator-context.js';
import { OutputCollector, sideCollectors, sideOutputNames } from '../output-collector.js';
import { PromiseCheck, userFailure } from '../user-failure.js';
import { closeFunction, openFunction, type Waited } from '../user-function-life.js';
import type { WindowEmitter } from './window-emitter.js';
import type { AnyProcessWindowFunction } from './window-spec.js';

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
