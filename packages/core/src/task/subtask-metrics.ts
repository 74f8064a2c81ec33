import type { Clock } from '../base/platform.js';
import type { CheckpointTiming } from './checkpoint-timing.js';
import type { OperatorChain } from './operator-chain.js';
import { Rates } from './rates.js';
import type { SubtaskTimes } from './subtask-times.js';
import type { TaskInput } from './task-input.js';

/**
 * The metrics of one subtask, under Flink's names and in its units. Rates are over the time between two readings that are
 * at least a second apart. What travels between threads counts as bytes; within a thread batches change hands as they are,
 * or through the codec where all subtasks are in one thread.
 */
export interface SubtaskMetrics {
  readonly numRecordsIn: number;
  /** Records sent to other subtasks; what sinks write stands with the sink operator. */
  readonly numRecordsOut: number;
  readonly numBytesIn: number;
  readonly numBytesOut: number;
  readonly numRecordsInPerSecond: number;
  readonly numRecordsOutPerSecond: number;
  readonly numBytesInPerSecond: number;
  readonly numBytesOutPerSecond: number;
  /** Milliseconds of each second in which it worked, could have worked, or waited for something its own operator had asked for. */
  readonly busyTimeMsPerSecond: number;
  /** Milliseconds of each second in which it had nothing to do. */
  readonly idleTimeMsPerSecond: number;
  /** Milliseconds of each second in which it waited for somebody behind it. */
  readonly backPressuredTimeMsPerSecond: number;
  readonly accumulateBusyTimeMs: number;
  readonly accumulateIdleTimeMs: number;
  readonly accumulateBackPressuredTimeMs: number;
  /** The share of what may wait in front of it that is waiting, 0 to 1: the fullest of its incoming channels. */
  readonly inPoolUsage: number;
  /** The share of what it may have under way that is under way, 0 to 1: the fullest of its outgoing channels. */
  readonly outPoolUsage: number;
  /** Batches that wait in front of it. */
  readonly inputQueueLength: number;
  /** Processing time minus event time, in milliseconds; undefined while there is no watermark, and after the last. */
  readonly watermarkLag: number | undefined;
  /** From the trigger of the newest checkpoint until its first barrier was here, in nanoseconds. */
  readonly checkpointStartDelayNanos: number;
  /** From the first barrier of the newest checkpoint to the last, in nanoseconds; or how long it has taken so far. */
  readonly checkpointAlignmentTime: number;
}

/** What the metrics of a subtask are read from. */
export interface SubtaskMetricSources {
  readonly clock: Clock;
  readonly chain: OperatorChain;
  readonly input: TaskInput;
  readonly times: SubtaskTimes;
  readonly timing: CheckpointTiming;
}

const NANOS_PER_MS = 1e6;

/** Reads the metrics of one subtask when somebody asks: all of them are plain counters that others move. */
export class SubtaskMetricReader {
  readonly #sources: SubtaskMetricSources;
  readonly #rates: Rates;

  constructor(sources: SubtaskMetricSources) {
    this.#sources = sources;
    this.#rates = new Rates(sources.clock.monotonicMs());
  }

  read(): SubtaskMetrics {
    const { clock, chain, input, times, timing } = this.#sources;
    const now = clock.monotonicMs();
    const { busyMs, idleMs, backPressuredMs } = times.read(now);
    const { recordsIn } = input;
    const incoming = input.queue();
    let recordsOut = 0;
    let bytesOut = 0;
    let outPoolUsage = 0;
    for (const output of chain.outputs) {
      recordsOut += output.recordsOut;
      bytesOut += output.bytesOut;
      outPoolUsage = Math.max(outPoolUsage, output.usage);
    }
    const rates = this.#rates.read([recordsIn, recordsOut, incoming.bytes, bytesOut, busyMs, idleMs, backPressuredMs], now);
    const [recordsInRate = 0, recordsOutRate = 0, bytesInRate = 0, bytesOutRate = 0, busyRate = 0, idleRate = 0, backPressuredRate = 0] = rates;
    return {
      numRecordsIn: recordsIn,
      numRecordsOut: recordsOut,
      numBytesIn: incoming.bytes,
      numBytesOut: bytesOut,
      numRecordsInPerSecond: recordsInRate,
      numRecordsOutPerSecond: recordsOutRate,
      numBytesInPerSecond: bytesInRate,
      numBytesOutPerSecond: bytesOutRate,
      busyTimeMsPerSecond: busyRate,
      idleTimeMsPerSecond: idleRate,
      backPressuredTimeMsPerSecond: backPressuredRate,
      accumulateBusyTimeMs: busyMs,
      accumulateIdleTimeMs: idleMs,
      accumulateBackPressuredTimeMs: backPressuredMs,
      inPoolUsage: incoming.usage,
      outPoolUsage,
      inputQueueLength: incoming.batches,
      watermarkLag: lagOf(chain, clock),
      checkpointStartDelayNanos: timing.startDelayMs * NANOS_PER_MS,
      checkpointAlignmentTime: timing.alignmentMs * NANOS_PER_MS,
    };
  }
}

/** A source has no watermark of its input, but the one it has made. */
export function headWatermark({ head }: OperatorChain): number {
  return head.operator.ownsWatermarks === true ? head.emittedWatermark : head.watermark;
}

function lagOf(chain: OperatorChain, clock: Clock): number | undefined {
  const watermark = headWatermark(chain);
  return Number.isFinite(watermark) ? clock.now() - watermark : undefined;
}
