import type { BroadcastProcessFunction, KeyedBroadcastProcessFunction } from '../functions/process-function.js';
import type { Collector } from '../functions/collector.js';
import { instantiate, perSubtask, type FunctionSource, type RuntimeContext } from '../functions/user-function.js';
import { broadcastProcessOperator, keyedBroadcastProcessOperator, type AnyBroadcastProcess, type AnyKeyedBroadcastProcess } from '../operators/broadcast-process.js';
import { keyedCoProcessOperator, type AnyKeyedCoProcess } from '../operators/keyed-process.js';
import { coProcessOperator, type AnyCoProcess } from '../operators/process.js';
import type { BroadcastDeclarations } from '../functions/process-function.js';
import { checkFunction, checkPlainFunction, declarationsOf } from './function-check.js';
import { chooseKey } from './key-choice.js';
import type { OutputOptions, ProcessOptions } from './operator-options.js';
import { addOperator, repartition, type StreamHandle } from './stream-handle.js';
import type { BroadcastConnectedStream, ConnectedStreams, KeyedBroadcastConnectedStream, KeyedConnectedStreams } from './streams.js';

type AllOf<Stream> = { readonly [Name in keyof Stream]: unknown };
type OneToOne = (value: unknown) => unknown;
type OneToMany = (value: unknown, out: Collector<unknown>) => Iterable<unknown> | void;

/** A function pair as the one function object that the operator takes. */
function mapping(left: OneToOne, right: OneToOne): AnyCoProcess {
  return {
    processElement1: (value: unknown, _context: unknown, out: Collector<unknown>) => out.collect(left(value)),
    processElement2: (value: unknown, _context: unknown, out: Collector<unknown>) => out.collect(right(value)),
  };
}

function flatMapping(left: OneToMany, right: OneToMany): AnyCoProcess {
  const run = (fn: OneToMany, value: unknown, out: Collector<unknown>): void => {
    const results = fn(value, out);
    if (results !== undefined && results !== null) for (const result of results) out.collect(result);
  };
  return {
    processElement1: (value: unknown, _context: unknown, out: Collector<unknown>) => run(left, value, out),
    processElement2: (value: unknown, _context: unknown, out: Collector<unknown>) => run(right, value, out),
  };
}

/** The object behind `ConnectedStreams`. */
export class ConnectedStreamsObject implements AllOf<ConnectedStreams<unknown, unknown>> {
  readonly #left: StreamHandle;
  readonly #right: StreamHandle;

  constructor(left: StreamHandle, right: StreamHandle) {
    this.#left = left;
    this.#right = right;
  }

  map(left: OneToOne, right: OneToOne, options?: OutputOptions<unknown>): unknown {
    checkPlainFunction(left, 'map');
    checkPlainFunction(right, 'map');
    return this.#add('map', 'co-map', mapping(left, right), options);
  }

  flatMap(left: OneToMany, right: OneToMany, options?: OutputOptions<unknown>): unknown {
    checkPlainFunction(left, 'flatMap');
    checkPlainFunction(right, 'flatMap');
    return this.#add('flatMap', 'co-flat-map', flatMapping(left, right), options);
  }

  process(fn: FunctionSource<AnyCoProcess>, options?: OutputOptions<unknown>): unknown {
    checkFunction(fn, 'process', ['processElement1', 'processElement2'], false);
    return this.#add('process', 'co-process', fn, options);
  }

  keyBy(left: unknown, right: unknown): unknown {
    const keyed = (handle: StreamHandle, choice: unknown): StreamHandle => {
      const key = chooseKey([choice], handle.type, 'keyBy');
      return { ...repartition(handle, 'hash', 'keyBy', { keyOf: key.keyOf }), key };
    };
    return this.#left.environment.maker.keyedConnected(keyed(this.#left, left), keyed(this.#right, right));
  }

  #add(operation: string, type: string, fn: FunctionSource<AnyCoProcess>, options: OutputOptions<unknown> | undefined): unknown {
    const { output, sideOutputs } = declarationsOf(fn);
    return this.#left.environment.maker.data(addOperator([this.#left, this.#right], {
      operation, type, factory: coProcessOperator({ fn, sideOutputs }), output: options?.output ?? output, options, sides: sideOutputs,
    }));
  }
}

/** The object behind `KeyedConnectedStreams`. */
export class KeyedConnectedStreamsObject implements AllOf<KeyedConnectedStreams<unknown, unknown, unknown>> {
  readonly #left: StreamHandle;
  readonly #right: StreamHandle;

  constructor(left: StreamHandle, right: StreamHandle) {
    this.#left = left;
    this.#right = right;
  }

  map(left: OneToOne, right: OneToOne, options?: OutputOptions<unknown>): unknown {
    checkPlainFunction(left, 'map');
    checkPlainFunction(right, 'map');
    return this.#add('map', 'keyed-co-map', mapping(left, right) as FunctionSource<AnyKeyedCoProcess>, options);
  }

  flatMap(left: OneToMany, right: OneToMany, options?: OutputOptions<unknown>): unknown {
    checkPlainFunction(left, 'flatMap');
    checkPlainFunction(right, 'flatMap');
    return this.#add('flatMap', 'keyed-co-flat-map', flatMapping(left, right) as FunctionSource<AnyKeyedCoProcess>, options);
  }

  process(fn: FunctionSource<never>, options?: ProcessOptions<unknown>): unknown {
    checkFunction(fn, 'process', ['processElement1', 'processElement2'], false);
    return this.#add('process', 'keyed-co-process', fn as FunctionSource<AnyKeyedCoProcess>, options);
  }

  #add(operation: string, type: string, fn: FunctionSource<AnyKeyedCoProcess>, options: ProcessOptions<unknown> | undefined): unknown {
    const { output, sideOutputs } = declarationsOf(fn);
    const left = this.#left.key!;
    const right = this.#right.key!;
    return this.#left.environment.maker.data(addOperator([this.#left, this.#right], {
      operation, type, output: options?.output ?? output, options, sides: sideOutputs, stateful: operation === 'process', details: { key: `${left.shown} = ${right.shown}` },
      factory: keyedCoProcessOperator({
        keyOf1: left.keyOf, keyOf2: right.keyOf, keyType: left.type, fn, sideOutputs,
        ...(options?.firePendingTimers === undefined ? {} : { firePendingTimers: options.firePendingTimers }),
      }),
    }));
  }
}

/** The object behind `BroadcastConnectedStream`. */
export class BroadcastConnectedStreamObject implements AllOf<BroadcastConnectedStream<unknown, unknown, BroadcastDeclarations>> {
  readonly #left: StreamHandle;
  readonly #right: StreamHandle;

  constructor(left: StreamHandle, right: StreamHandle) {
    this.#left = left;
    this.#right = right;
  }

  process(given: FunctionSource<never>, options?: OutputOptions<unknown>): unknown {
    checkFunction(given, 'process', ['processElement', 'processBroadcast'], false);
    const { output, sideOutputs } = declarationsOf(given);
    const fn = withStates(given, this.#right.states!) as FunctionSource<AnyBroadcastProcess>;
    return this.#left.environment.maker.data(addOperator([this.#left, this.#right], {
      operation: 'process', type: 'broadcast-process', factory: broadcastProcessOperator({ fn, sideOutputs }),
      output: options?.output ?? output, options, sides: sideOutputs, stateful: true,
    }));
  }
}

/** The object behind `KeyedBroadcastConnectedStream`. */
export class KeyedBroadcastConnectedStreamObject implements AllOf<KeyedBroadcastConnectedStream<unknown, unknown, unknown, BroadcastDeclarations>> {
  readonly #left: StreamHandle;
  readonly #right: StreamHandle;

  constructor(left: StreamHandle, right: StreamHandle) {
    this.#left = left;
    this.#right = right;
  }

  process(given: FunctionSource<never>, options?: ProcessOptions<unknown>): unknown {
    checkFunction(given, 'process', ['processElement', 'processBroadcast'], false);
    const { output, sideOutputs } = declarationsOf(given);
    const key = this.#left.key!;
    const fn = withStates(given, this.#right.states!) as FunctionSource<AnyKeyedBroadcastProcess>;
    return this.#left.environment.maker.data(addOperator([this.#left, this.#right], {
      operation: 'process', type: 'keyed-broadcast-process', output: options?.output ?? output, options, sides: sideOutputs, stateful: true, details: { key: key.shown },
      factory: keyedBroadcastProcessOperator({
        keyOf: key.keyOf, keyType: key.type, fn, sideOutputs,
        ...(options?.firePendingTimers === undefined ? {} : { firePendingTimers: options.firePendingTimers }),
      }),
    }));
  }
}

type Broadcasting = BroadcastProcessFunction<unknown, unknown, unknown, BroadcastDeclarations> &
  Partial<KeyedBroadcastProcessFunction<unknown, unknown, unknown, unknown, BroadcastDeclarations>>;

/** The states are declared at `broadcast(…)`, the operator wants them in the function: one function object that has both. */
function withStates(source: unknown, broadcast: BroadcastDeclarations): unknown {
  return perSubtask(() => {
    const fn = instantiate(source as FunctionSource<Broadcasting>);
    return {
      broadcast,
      ...(fn.state === undefined ? {} : { state: fn.state }),
      open: (context: RuntimeContext) => fn.open?.(context),
      close: () => fn.close?.(),
      processElement: (value: unknown, context: never, out: never) => fn.processElement(value, context, out),
      processBroadcast: (value: unknown, context: never, out: never) => fn.processBroadcast(value, context, out),
      ...(fn.onTimer === undefined ? {} : { onTimer: (time: number, context: never, out: never) => fn.onTimer!(time, context, out) }),
    };
  });
}
