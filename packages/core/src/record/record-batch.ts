import { assert } from '../base/assert.js';
import { NumberColumns, type NumberShape, type RecordRead } from './number-columns.js';

/** How many records a batch holds unless asked otherwise. */
export const DEFAULT_BATCH_CAPACITY = 256;

/** No batch is ever larger; a decoder refuses frames that claim more. */
export const MAX_BATCH_CAPACITY: number = 1 << 20;

/**
 * Many records in one hand-over: a mutable struct of fixed capacity that its owner fills, hands over, clears and uses
 * again. Whoever receives a batch takes its values, each once and in turn ({@link RecordBatch.take}), and reads `timestamps`
 * from 0 to `length - 1`; the values may be kept, but not the batch.
 */
export class RecordBatch {
  /** The records. Slots from `length` on are undefined. */
  readonly values: unknown[];
  /** Event timestamps in epoch milliseconds, NaN for none. */
  readonly timestamps: Float64Array;
  readonly capacity: number;
  length: number;
  /** A watermark that follows the last record, whichever was added first; only meaningful while `hasWatermark` is true. */
  watermark: number;
  hasWatermark: boolean;
  /** True when the values are no records, but partial accumulators that the sender has made of them (decision 0036). */
  holdsPartials: boolean;
  /**
   * For partial accumulators: their keys, each with the number of its records where records have their timestamps. Columns of their own, so that an accumulator
   * is handed on without being looked at (decision 0055). Undefined in a batch that never held any.
   */
  keys: RecordBatch | undefined;
  /** Makes a record, where they are still bytes: then `values` is empty, and each is asked for once, in turn. */
  read: RecordRead | undefined;
  /** True while the records lie in columns of numbers, which `read` makes them of. */
  holdsNumbers: boolean;
  /** The columns, for as long as the batch lives. Undefined in a batch that never held any. */
  numbers: NumberColumns | undefined;

  constructor(capacity: number = DEFAULT_BATCH_CAPACITY) {
    assert(Number.isInteger(capacity) && capacity > 0 && capacity <= MAX_BATCH_CAPACITY, 'a batch holds 1 to MAX_BATCH_CAPACITY records');
    this.values = new Array<unknown>(capacity).fill(undefined);
    this.timestamps = new Float64Array(capacity);
    this.capacity = capacity;
    this.length = 0;
    // Starts as a non-integer, so that the engine keeps the field a double.
    this.watermark = Number.NaN;
    this.watermark = Number.NEGATIVE_INFINITY;
    this.hasWatermark = false;
    this.holdsPartials = false;
    this.keys = undefined;
    this.read = undefined;
    this.holdsNumbers = false;
    this.numbers = undefined;
  }

  /** True when nothing more fits. */
  get isFull(): boolean {
    return this.length === this.capacity;
  }

  /** True when it carries neither a record nor a watermark. */
  get isEmpty(): boolean {
    return this.length === 0 && !this.hasWatermark;
  }

  /** Adds a record at the end; NaN as timestamp means none. Only while the batch is not full, and no record that is late for its watermark. */
  append(value: unknown, timestamp: number): void {
    const at = this.length;
    assert(at < this.capacity, 'a full batch takes no more records');
    if (this.holdsNumbers) this.makeRecords();
    assert(!this.hasWatermark || this.holdsPartials || timestamp > this.watermark, 'a record that is late for the watermark of a batch comes behind it');
    this.values[at] = value;
    this.timestamps[at] = timestamp;
    this.length = at + 1;
  }

  /** Adds the accumulator of so many records of a key at the end; not to a batch of records. It is never late for the watermark: that was not sent before it. */
  appendPartial(key: unknown, accumulator: unknown, records: number, timestamp: number): void {
    this.holdsPartials = true;
    this.append(accumulator, timestamp);
    this.partialKeys().append(key, records);
  }

  /** The `keys`, made when they are first asked for. */
  partialKeys(): RecordBatch {
    this.keys ??= new RecordBatch(this.capacity);
    return this.keys;
  }

  /** From now on until it is cleared the records lie in columns, which whoever adds them fills. Only for an empty batch. */
  holdNumbers(shape: NumberShape): NumberColumns {
    if (this.numbers?.shape !== shape) this.numbers = new NumberColumns(shape, this.capacity);
    this.holdsNumbers = true;
    this.read = this.numbers.read;
    return this.numbers;
  }

  /** Makes records of the columns, so that others can be added that do not fit in. */
  makeRecords(): void {
    const { read } = this;
    for (let i = 0; i < this.length; i++) this.values[i] = read?.(i);
    this.holdsNumbers = false;
    this.read = undefined;
  }

  /** The record of an index; to be called with 0 to `length - 1`, once each, in this order. */
  take(index: number): unknown {
    return this.read === undefined ? this.values[index] : this.read(index);
  }

  /** Sets the trailing watermark. A later one replaces an earlier one: for the records between them it makes no difference, or whoever adds them sends the batch first. */
  setWatermark(watermark: number): void {
    this.watermark = watermark;
    this.hasWatermark = true;
  }

  /** Empties the batch and drops its references, so that a waiting batch keeps no record alive. */
  clear(): void {
    if (this.read === undefined) {
      const values = this.values;
      for (let i = 0; i < this.length; i++) values[i] = undefined;
    }
    this.read = undefined;
    this.holdsNumbers = false;
    this.length = 0;
    this.watermark = Number.NEGATIVE_INFINITY;
    this.hasWatermark = false;
    this.holdsPartials = false;
    this.keys?.clear();
  }
}
