/**
 * What flows between subtasks. Records travel many at a time in a {@link RecordBatch}; everything else is one small
 * frozen object in the same order. A channel never reorders elements.
 */
import type { RecordBatch } from './record-batch.js';

/** Many records in one hand-over, perhaps with a trailing watermark. */
export interface BatchElement {
  readonly kind: 'batch';
  readonly batch: RecordBatch;
}

/** Says that no more elements with a timestamp ≤ `watermark` are expected (rule 17). Runs from -Infinity to +Infinity. */
export interface WatermarkElement {
  readonly kind: 'watermark';
  readonly watermark: number;
}

/** Says that a stream expects nothing for now, so that nobody waits for its watermarks, or that it is back. */
export interface WatermarkStatusElement {
  readonly kind: 'watermarkStatus';
  readonly status: WatermarkStatus;
}

/** The two states of a stream in the eyes of whoever merges watermarks. */
export type WatermarkStatus = 'active' | 'idle';

/** Separates the records before checkpoint `checkpointId` from those after it. */
export interface BarrierElement {
  readonly kind: 'barrier';
  readonly checkpointId: number;
  /** When the coordinator triggered the checkpoint, in epoch milliseconds. */
  readonly timestamp: number;
  readonly options: BarrierOptions;
}

/** How a checkpoint is to be taken. */
export interface BarrierOptions {
  /** Exactly-once gates hold back channels whose barrier has come; at-least-once gates only count barriers. */
  readonly alignment: 'exactly-once' | 'at-least-once';
  /** Set for a savepoint: taken on request, kept by the user. */
  readonly savepoint?: SavepointOptions;
}

/** What happens after a savepoint. */
export interface SavepointOptions {
  /**
   * The job goes on, or stops after it. With `stop` a subtask does nothing more once it has passed the barrier on: what it
   * would still do is in the savepoint as to be done. It ends when the savepoint is complete, and goes on when that is
   * given up.
   */
  readonly then: 'continue' | 'stop';
  /** Reserved: a stop with drain needs no barrier of its own, since its savepoint is the checkpoint at the end of the input. */
  readonly drain: boolean;
}

/** The channel's last element: nothing follows. */
export interface EndOfInputElement {
  readonly kind: 'endOfInput';
}

/** One thing that a channel carries. */
export type StreamElement = BatchElement | WatermarkElement | WatermarkStatusElement | BarrierElement | EndOfInputElement;

/** The one end-of-input element. */
export const END_OF_INPUT: EndOfInputElement = Object.freeze({ kind: 'endOfInput' });

/** The one "stream is idle" element. */
export const IDLE: WatermarkStatusElement = Object.freeze({ kind: 'watermarkStatus', status: 'idle' });

/** The one "stream is active again" element. */
export const ACTIVE: WatermarkStatusElement = Object.freeze({ kind: 'watermarkStatus', status: 'active' });

/** Makes a watermark element. */
export function watermarkElement(watermark: number): WatermarkElement {
  return Object.freeze({ kind: 'watermark', watermark });
}

/** Makes a barrier element. */
export function barrierElement(checkpointId: number, timestamp: number, options: BarrierOptions): BarrierElement {
  return Object.freeze({ kind: 'barrier', checkpointId, timestamp, options });
}
