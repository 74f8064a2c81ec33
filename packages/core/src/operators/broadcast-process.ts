import type { Collector } from '../functions/collector.js';
import type { KeySelector } from '../functions/element-functions.js';
import type { BroadcastDeclarations, SideDeclarations } from '../functions/process-function.js';
import type { FunctionSource, RichFunction } from '../functions/user-function.js';
import type { TypeInfo } from '../record/types/type-info.js';
import type { StateBackend } from '../state/backend.js';
import type { KeyedStateDeclarations } from '../state/declarations.js';
import { broadcastStates, keyedStates } from './declared-states.js';
import { callOnTimer } from './keyed-process.js';
import type { Operator, OperatorFactory, Progress, Receiver } from './operator.js';
import type { OperatorContext } from './operator-context.js';
import { outputCollector, sideCollectors, sideOutputNames } from './output-collector.js';
import { BroadcastContext, KeyedContext } from './process-contexts.js';
import { ProcessInput } from './process-input.js';
import { closeFunction, functionOf, openFunction, type Waited } from './user-function-life.js';
import { UserTimers } from './user-timers.js';

/** Any broadcast process function. Parameters are `never`, so that every user's types fit: what they are is known at the API only. */
export interface AnyBroadcastProcess extends RichFunction {
  readonly broadcast: BroadcastDeclarations;
  processElement(value: never, context: never, out: never): void;
  processBroadcast(value: never, context: never, out: never): void;
}

/** Any keyed broadcast process function. */
export interface AnyKeyedBroadcastProcess extends AnyBroadcastProcess {
  readonly state?: KeyedStateDeclarations;
  onTimer?(timestamp: number, context: never, out: never): void;
}

/** What a broadcast process function needs. Input 0 is the stream, input 1 the broadcast one. */
export interface BroadcastProcessSettings {
  readonly fn: FunctionSource<AnyBroadcastProcess>;
  readonly sideOutputs?: SideDeclarations;
}

/** What a keyed broadcast process function needs. Input 0 is the keyed stream, input 1 the broadcast one. */
export interface KeyedBroadcastProcessSettings {
  readonly keyOf: KeySelector<never, unknown>;
  readonly keyType: TypeInfo;
  readonly fn: FunctionSource<AnyKeyedBroadcastProcess>;
  readonly sideOutputs?: SideDeclarations;
  readonly firePendingTimers?: boolean;
}

/** A process function over a stream without keys and a broadcast stream. */
export function broadcastProcessOperator(settings: BroadcastProcessSettings): OperatorFactory {
  return { create: () => new BroadcastProcessOperator(settings) };
}

/** A process function over a keyed stream and a broadcast stream. */
export function keyedBroadcastProcessOperator(settings: KeyedBroadcastProcessSettings): OperatorFactory {
  return { create: () => new KeyedBroadcastProcessOperator(settings) };
}

interface BroadcastObject {
  readonly broadcast?: object;
  readonly state?: object;
  processElement(value: unknown, context: BroadcastContext | KeyedContext, out: Collector<unknown>): unknown;
  processBroadcast(value: unknown, context: BroadcastContext, out: Collector<unknown>): unknown;
  onTimer?(timestamp: number, context: KeyedContext, out: Collector<unknown>): unknown;
}

class BroadcastProcessOperator implements Operator {
  recordsIn: number;
  readonly #settings: BroadcastProcessSettings;
  #function: unknown;
  #receivers: readonly Receiver[];

  constructor(settings: BroadcastProcessSettings) {
    this.recordsIn = 0;
    this.#settings = settings;
    this.#function = undefined;
    this.#receivers = [];
  }

  open(context: OperatorContext): Waited {
    const fn = functionOf<BroadcastObject>(this.#settings.fn, context);
    this.#function = fn;
    const { writable, readOnly } = broadcastStates(fn.broadcast, context.state(), context.info);
    const side = sideCollectors(sideOutputNames(this.#settings.sideOutputs, fn), context);
    const reading = new BroadcastContext(context, side, readOnly);
    const writing = new BroadcastContext(context, side, writable);
    const out = outputCollector(context);
    const call = { operator: this, info: context.info, object: fn, out };
    this.#receivers = [
      new ProcessInput({ ...call, method: 'processElement', context: reading }),
      new ProcessInput({ ...call, method: 'processBroadcast', context: writing }),
    ];
    return openFunction(fn, context);
  }

  input(index: number): Receiver {
    return this.#receivers[index]!;
  }

  close(): Waited {
    return closeFunction(this.#function);
  }
}

class KeyedBroadcastProcessOperator implements Operator {
  recordsIn: number;
  readonly #settings: KeyedBroadcastProcessSettings;
  #function: unknown;
  #receivers: readonly Receiver[];
  #timers!: UserTimers;

  constructor(settings: KeyedBroadcastProcessSettings) {
    this.recordsIn = 0;
    this.#settings = settings;
    this.#function = undefined;
    this.#receivers = [];
  }

  open(context: OperatorContext): Waited {
    const settings = this.#settings;
    const fn = functionOf<BroadcastObject>(settings.fn, context);
    this.#function = fn;
    const backend = context.state(settings.keyType);
    const { writable, readOnly } = broadcastStates(fn.broadcast, backend, context.info);
    const state = keyedStates(fn.state, backend, context.info);
    const out = outputCollector(context);
    const timers = new UserTimers(context, backend, (domain, time) => callOnTimer(fn, keyed, out, context, domain, time));
    this.#timers = timers;
    const side = sideCollectors(sideOutputNames(settings.sideOutputs, fn), context);
    const keyed = new KeyedContext(context, { side, backend, state, timers, broadcast: readOnly });
    const writing = new KeyedBroadcastWriteContext(context, side, writable, backend, state);
    const call = { operator: this, info: context.info, object: fn, out };
    const keyOf = settings.keyOf as KeySelector<unknown, unknown>;
    this.#receivers = [
      new ProcessInput({ ...call, method: 'processElement', context: keyed, keyed: { keyOf, backend } }),
      new ProcessInput({ ...call, method: 'processBroadcast', context: writing }),
    ];
    timers.start();
    return openFunction(fn, context);
  }

  input(index: number): Receiver {
    return this.#receivers[index]!;
  }

  advance(watermark: number): Progress {
    return this.#timers.advance(watermark);
  }

  processingTime(now: number): Progress {
    return this.#timers.processingTime(now);
  }

  resume(): Progress {
    return this.#timers.resume();
  }

  finish(): Progress {
    return this.#timers.finish(this.#settings.firePendingTimers === true);
  }

  close(): Waited {
    return closeFunction(this.#function);
  }
}

/** What the broadcast side of a keyed function sees: no key, no timers, but a way to the state of every key. */
class KeyedBroadcastWriteContext extends BroadcastContext {
  readonly #backend: StateBackend;
  readonly #state: Readonly<Record<string, unknown>>;

  constructor(
    context: OperatorContext,
    side: BroadcastContext['side'],
    broadcast: Readonly<Record<string, unknown>>,
    backend: StateBackend,
    state: Readonly<Record<string, unknown>>,
  ) {
    super(context, side, broadcast);
    this.#backend = backend;
    this.#state = state;
  }

  applyToKeyedState(name: string, visit: (key: unknown, state: unknown) => void): void {
    const handle = this.#state[name];
    this.#backend.forEachKey(name, (key) => visit(key, handle));
  }
}
