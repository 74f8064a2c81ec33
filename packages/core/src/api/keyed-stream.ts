import type { Duration } from '../base/duration.js';
import type { ReduceFunction, RichReduceFunction } from '../functions/aggregate-function.js';
import type { FunctionSource } from '../functions/user-function.js';
import type { WindowAssigner } from '../functions/window.js';
import { slidingEventTime, tumblingEventTime } from '../functions/window-assigners.js';
import { keyedProcessOperator, type AnyKeyedProcess } from '../operators/keyed-process.js';
import { reduceOperator } from '../operators/reduce.js';
import { rollingOperator, type RollingKind } from '../operators/rolling.js';
import { countWindowDraft } from './count-window.js';
import { DataStreamObject } from './data-stream.js';
import { checkFunction, declarationsOf } from './function-check.js';
import { addIntervalJoin, type IntervalJoinSettings } from './join-operations.js';
import { checkedField, type ChosenKey } from './key-choice.js';
import type { OperatorOptions, ProcessOptions } from './operator-options.js';
import { addOperator, handleIn } from './stream-handle.js';
import { windowDraft } from './window-draft.js';

/** The object behind `KeyedStream`: a stream whose elements travel by key, and the operations that use it. */
export class KeyedStreamObject extends DataStreamObject {
  override process(fn: FunctionSource<never>, options?: ProcessOptions<unknown>): unknown {
    checkFunction(fn, 'process', ['processElement'], false);
    const { output, sideOutputs } = declarationsOf(fn);
    const key = this.#key;
    return this.streamHandle.environment.maker.data(addOperator([this.streamHandle], {
      operation: 'process', type: 'keyed-process', options, output: options?.output ?? output, sides: sideOutputs, stateful: true, details: { key: key.shown },
      factory: keyedProcessOperator({
        keyOf: key.keyOf, keyType: key.type, fn: fn as FunctionSource<AnyKeyedProcess>, sideOutputs,
        ...(options?.firePendingTimers === undefined ? {} : { firePendingTimers: options.firePendingTimers }),
      }),
    }));
  }

  reduce(reduce: FunctionSource<ReduceFunction<never> | RichReduceFunction<never>>, options?: OperatorOptions): unknown {
    checkFunction(reduce, 'reduce', ['reduce'], true);
    const key = this.#key;
    return this.streamHandle.environment.maker.data(addOperator([this.streamHandle], {
      operation: 'reduce', type: 'reduce', options, output: this.type, stateful: true, details: { key: key.shown },
      factory: reduceOperator({ keyOf: key.keyOf, keyType: key.type, type: this.type, reduce }),
    }));
  }

  sum(field: unknown, options?: OperatorOptions): unknown {
    return this.#rolling('sum', field, options);
  }

  min(field: unknown, options?: OperatorOptions): unknown {
    return this.#rolling('min', field, options);
  }

  max(field: unknown, options?: OperatorOptions): unknown {
    return this.#rolling('max', field, options);
  }

  minBy(field: unknown, options?: OperatorOptions): unknown {
    return this.#rolling('minBy', field, options);
  }

  maxBy(field: unknown, options?: OperatorOptions): unknown {
    return this.#rolling('maxBy', field, options);
  }

  window(assigner: WindowAssigner<never>, options?: OperatorOptions): unknown {
    return this.streamHandle.environment.maker.windowed(this.streamHandle, windowDraft('window', assigner, options));
  }

  countWindow(size: number, slide?: number, options?: OperatorOptions): unknown {
    return this.streamHandle.environment.maker.windowed(this.streamHandle, countWindowDraft('countWindow', size, slide, options));
  }

  timeWindow(size: Duration, slide?: Duration, options?: OperatorOptions): unknown {
    const assigner = slide === undefined ? tumblingEventTime(size) : slidingEventTime(size, slide);
    return this.streamHandle.environment.maker.windowed(this.streamHandle, windowDraft('timeWindow', assigner, options));
  }

  intervalJoin(other: unknown, options: IntervalJoinSettings, fn: (...given: never) => unknown): unknown {
    return addIntervalJoin(this.streamHandle, handleIn(other, 'intervalJoin'), options, fn);
  }

  override connect(other: unknown): unknown {
    const right = handleIn(other, 'connect');
    const { maker } = this.streamHandle.environment;
    if (right.states !== undefined) return maker.keyedBroadcastConnected(this.streamHandle, right);
    return right.key === undefined ? maker.connected(this.streamHandle, right) : maker.keyedConnected(this.streamHandle, right);
  }

  get #key(): ChosenKey {
    return this.streamHandle.key!;
  }

  #rolling(kind: RollingKind, given: unknown, options: OperatorOptions | undefined): unknown {
    const key = this.#key;
    const field = checkedField(given, this.type, kind);
    return this.streamHandle.environment.maker.data(addOperator([this.streamHandle], {
      operation: kind, type: `rolling-${kind}`, options, output: this.type, stateful: true, details: { key: key.shown, field },
      factory: rollingOperator({ keyOf: key.keyOf, keyType: key.type, type: this.type, kind, field }),
    }));
  }
}
