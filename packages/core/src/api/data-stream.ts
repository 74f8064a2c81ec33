import type { Duration } from '../base/duration.js';
import type { TypeInfo } from '../record/types/type-info.js';
import type { Sink } from '../connector/sink.js';
import type { FunctionSinkOptions, SinkFunction } from '../connectors/memory/function-sink.js';
import type { BroadcastDeclarations } from '../functions/process-function.js';
import type { WatermarkStrategy } from '../functions/watermark-strategy.js';
import type { WindowAssigner } from '../functions/window.js';
import { slidingEventTime, tumblingEventTime } from '../functions/window-assigners.js';
import { asyncMapOperator, type AsyncMapSettings } from '../operators/async-map.js';
import type { RunOptions } from '../operators/executor.js';
import { filterOperator, type AnyFilter } from '../operators/filter.js';
import { flatMapOperator, type AnyFlatMap } from '../operators/flat-map.js';
import { mapOperator, type AnyMap } from '../operators/map.js';
import { LATE, mergeByTimeOperator } from '../operators/merge-by-time.js';
import { processOperator, type AnyProcess } from '../operators/process.js';
import { timestampsAndWatermarksOperator } from '../operators/timestamps-and-watermarks.js';
import type { FunctionSource } from '../functions/user-function.js';
import { asyncSettings } from './async-options.js';
import { ConfigurableStream } from './configurable-stream.js';
import { countWindowDraft } from './count-window.js';
import { addDeadLetterSink } from './dead-letters.js';
import { deduplicate } from './deduplication.js';
import { SideOutputUnknown } from './errors.js';
import { calledAt, checkFunction, checkPlainFunction, declarationsOf } from './function-check.js';
import { checkStrategy } from './strategy-check.js';
import { chooseKey } from './key-choice.js';
import type { OperatorOptions, OutputOptions } from './operator-options.js';
import { addForEach, addPrint, addSink } from './sink-operations.js';
import { addOperator, DYNAMIC, handleIn, repartition } from './stream-handle.js';
import { addCoGroup, addJoin, addLookupJoin, type JoinSettings } from './join-operations.js';
import type { AsyncMapOptions, DeduplicateOptions } from './stream-options.js';
import type { DataStream } from './streams.js';
import { windowDraft } from './window-draft.js';
import { didYouMean } from '../base/suggest.js';

/** Every method of {@link DataStream}, whatever its type: the check that none is missing. */
type Methods = { readonly [Name in keyof DataStream<unknown>]: unknown };

/** The object behind {@link DataStream}. Types are the interface's business: here every element is unknown. */
export class DataStreamObject extends ConfigurableStream implements Methods {
  get type(): TypeInfo {
    return this.streamHandle.type;
  }

  map(fn: FunctionSource<AnyMap>, options?: OutputOptions<unknown>): unknown {
    checkFunction(fn, 'map', ['map'], true);
    return this.#add('map', mapOperator(fn), options, options?.output);
  }

  filter(fn: FunctionSource<AnyFilter>, options?: OperatorOptions): unknown {
    checkFunction(fn, 'filter', ['filter'], true);
    return this.#add('filter', filterOperator(fn), options, this.type);
  }

  flatMap(fn: FunctionSource<AnyFlatMap>, options?: OutputOptions<unknown>): unknown {
    checkFunction(fn, 'flatMap', ['flatMap'], true);
    return this.#add('flatMap', flatMapOperator(fn), options, options?.output);
  }

  process(fn: FunctionSource<AnyProcess>, options?: OutputOptions<unknown>): unknown {
    checkFunction(fn, 'process', ['processElement'], false);
    const { output, sideOutputs } = declarationsOf(fn);
    const { maker } = this.streamHandle.environment;
    return maker.data(addOperator([this.streamHandle], {
      operation: 'process', type: 'process', factory: processOperator(fn, sideOutputs), output: options?.output ?? output, options, sides: sideOutputs,
    }));
  }

  asyncMap(fn: AsyncMapSettings['fn'], options: AsyncMapOptions<unknown, unknown>): unknown {
    checkFunction(fn, 'asyncMap', ['asyncMap'], true);
    return this.streamHandle.environment.maker.data(addOperator([this.streamHandle], {
      operation: 'asyncMap', type: 'async-map', factory: asyncMapOperator(asyncSettings(fn, options, this.type)), output: options.output, options, stateful: true,
    }));
  }

  keyBy(...choices: readonly unknown[]): unknown {
    const key = chooseKey(choices, this.type, 'keyBy');
    return this.streamHandle.environment.maker.keyed({ ...repartition(this.streamHandle, 'hash', 'keyBy', { keyOf: key.keyOf }), key });
  }

  deduplicate(by: unknown, options: DeduplicateOptions): unknown {
    return deduplicate(this as never, by, this.type, options);
  }

  union(...others: readonly unknown[]): unknown {
    const handles = [this.streamHandle, ...others.map((other) => handleIn(other, 'union'))];
    const { environment, type } = this.streamHandle;
    return environment.maker.data({
      environment, type: handles.every((handle) => handle.type === type) ? type : DYNAMIC,
      draft: undefined, madeBy: 'union', sides: {}, origins: handles.flatMap((handle) => handle.origins),
    });
  }

  mergeByTime(others: unknown, options?: OperatorOptions): unknown {
    const list: readonly unknown[] = Array.isArray(others) ? others : [others];
    const handles = [this.streamHandle, ...list.map((other) => handleIn(other, 'mergeByTime'))];
    const type = handles.every((handle) => handle.type === this.type) ? this.type : DYNAMIC;
    return this.streamHandle.environment.maker.data(addOperator(handles, {
      operation: 'mergeByTime', type: 'merge-by-time', factory: mergeByTimeOperator({ inputs: handles.length, type }), output: type, options, stateful: true, alone: true, sides: { [LATE]: type },
    }));
  }

  connect(other: unknown): unknown {
    const right = handleIn(other, 'connect');
    const { maker } = this.streamHandle.environment;
    return right.states === undefined ? maker.connected(this.streamHandle, right) : maker.broadcastConnected(this.streamHandle, right);
  }

  join(other: unknown, options: JoinSettings, fn: (left: never, right: never) => unknown): unknown {
    return addJoin(this.streamHandle, handleIn(other, 'join'), options, fn);
  }

  coGroup(other: unknown, options: JoinSettings, fn: (...given: never) => unknown): unknown {
    return addCoGroup(this.streamHandle, handleIn(other, 'coGroup'), options, fn);
  }

  lookupJoin(table: unknown, options: JoinSettings, fn: (value: never, row: never) => unknown): unknown {
    return addLookupJoin(this.streamHandle, handleIn(table, 'lookupJoin'), options, fn);
  }

  assignTimestampsAndWatermarks(strategy: WatermarkStrategy<unknown>, options?: OperatorOptions): unknown {
    checkStrategy(strategy, 'assignTimestampsAndWatermarks');
    return this.streamHandle.environment.maker.data(addOperator([this.streamHandle], {
      operation: 'assignTimestampsAndWatermarks', type: 'timestamps-and-watermarks', output: this.type, options,
      factory: timestampsAndWatermarksOperator(strategy), name: 'timestamps and watermarks', details: { watermarks: strategy.watermarks.kind },
    }));
  }

  windowAll(assigner: WindowAssigner<never>, options?: OperatorOptions): unknown {
    return this.streamHandle.environment.maker.windowed(this.streamHandle, windowDraft('windowAll', assigner, options));
  }

  countWindowAll(size: number, slide?: number, options?: OperatorOptions): unknown {
    return this.streamHandle.environment.maker.windowed(this.streamHandle, countWindowDraft('countWindowAll', size, slide, options));
  }

  timeWindowAll(size: Duration, slide?: Duration, options?: OperatorOptions): unknown {
    const assigner = slide === undefined ? tumblingEventTime(size) : slidingEventTime(size, slide);
    return this.streamHandle.environment.maker.windowed(this.streamHandle, windowDraft('timeWindowAll', assigner, options));
  }

  shuffle(): unknown {
    return this.#repartition('shuffle');
  }

  rebalance(): unknown {
    return this.#repartition('rebalance');
  }

  rescale(): unknown {
    return this.#repartition('rescale');
  }

  global(): unknown {
    return this.#repartition('global');
  }

  forward(): unknown {
    return this.#repartition('forward');
  }

  broadcast(states?: BroadcastDeclarations): unknown {
    if (states === undefined) return this.#repartition('broadcast');
    return this.streamHandle.environment.maker.broadcast({ ...repartition(this.streamHandle, 'broadcast', 'broadcast'), states });
  }

  partitionCustom(partition: (key: unknown, channels: number) => number, by: unknown): unknown {
    checkPlainFunction(partition, 'partitionCustom');
    const { keyOf } = chooseKey([by], this.type, 'partitionCustom');
    return this.streamHandle.environment.maker.data(repartition(this.streamHandle, 'custom', 'partitionCustom', { keyOf, partition }));
  }

  side(name: string): unknown {
    const { environment, sides, origins, madeBy } = this.streamHandle;
    const type = Object.hasOwn(sides, name) ? sides[name] : undefined;
    if (type === undefined) {
      const known = Object.keys(sides);
      throw SideOutputUnknown.error({
        what: `${madeBy} has no side output "${name}".${didYouMean(name, known)}${known.length === 0 ? ' It declares none.' : ` It declares ${known.join(', ')}.`}`,
        ...calledAt('side'),
      });
    }
    return environment.maker.data({
      environment, type, draft: undefined, madeBy: `side("${name}")`, sides: {},
      origins: origins.map((origin) => ({ builder: origin.builder, node: origin.node, sideOutput: name })),
    });
  }

  sinkTo(sink: Sink<never>, options?: OperatorOptions): unknown {
    return addSink(this.streamHandle, sink, options);
  }

  deadLetterTo(sink: Sink<never>, options?: OperatorOptions): this {
    addDeadLetterSink(this.streamHandle, sink, options);
    return this;
  }

  addSink(sink: Sink<never>, options?: OperatorOptions): unknown {
    return addSink(this.streamHandle, sink, options);
  }

  print(label?: string, options?: OperatorOptions): unknown {
    return addPrint(this.streamHandle, label, options);
  }

  forEach(fn: SinkFunction<never>, options?: OperatorOptions & FunctionSinkOptions): unknown {
    return addForEach(this.streamHandle, fn, options);
  }

  executeAndCollect(jobName?: string, options?: RunOptions): AsyncIterableIterator<unknown> {
    return this.streamHandle.environment.collect(this.streamHandle, jobName, options);
  }

  #add(operation: string, factory: Parameters<typeof addOperator>[1]['factory'], options: OperatorOptions | undefined, output: TypeInfo | undefined): unknown {
    return this.streamHandle.environment.maker.data(addOperator([this.streamHandle], { operation, type: TYPES[operation] ?? operation, factory, output, options }));
  }

  #repartition(partitioning: 'shuffle' | 'rebalance' | 'rescale' | 'global' | 'forward' | 'broadcast'): unknown {
    return this.streamHandle.environment.maker.data(repartition(this.streamHandle, partitioning, partitioning));
  }
}

/** The kinds of operators whose method is spelled another way. */
const TYPES: Readonly<Record<string, string>> = { flatMap: 'flat-map' };
