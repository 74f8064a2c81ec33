import type { Clock } from '../../base/platform.js';
import type { BatchElement, StreamElement } from '../../record/element.js';
import { RecordBatch } from '../../record/record-batch.js';
import type { ChannelReader, ChannelWriter, ControlElement } from '../../task/ports.js';
import type { InFlightLimit } from './in-flight-limit.js';

/** How a batch changes hands within a thread. */
export interface BatchTransfer {
  /** Takes a filled batch and gives what waits in the channel. */
  pack(batch: RecordBatch): unknown;
  /** As a channel's. */
  recordsHave(fields: readonly string[]): boolean;
  /** Bytes of what was packed. */
  sizeOf(packed: unknown): number;
  /** Fills `into` with what was packed. */
  unpack(packed: unknown, into: RecordBatch): void;
}

/** Batches in flight per channel before its sender waits. */
export const CHANNEL_CREDITS = 4;

/**
 * A channel between two subtasks of one thread. Without a transfer the batch itself changes hands; with one every batch
 * goes through the real codec, so that what works here works between threads.
 */
export class LocalChannel implements ChannelWriter, ChannelReader {
  readonly #batchSize: number;
  readonly #transfer: BatchTransfer | undefined;
  readonly #limit: LocalLimit | undefined;
  readonly #free: RecordBatch[];
  bytesSent: number;
  #queue: (StreamElement | PackedBatch)[];
  #front: number;
  #credits: number;
  #creditListener: () => void;
  #elementListener: () => void;

  /** With a `limit` what is in flight follows the receiver's speed; without one it is always {@link CHANNEL_CREDITS} full batches. */
  constructor(batchSize: number, transfer: BatchTransfer | undefined, limit?: LocalLimit) {
    this.#batchSize = batchSize;
    this.#transfer = transfer;
    this.#limit = limit;
    this.#free = [];
    this.bytesSent = 0;
    this.#queue = [];
    this.#front = 0;
    this.#credits = CHANNEL_CREDITS;
    this.#creditListener = () => {};
    this.#elementListener = () => {};
  }

  get hasCredit(): boolean {
    return this.#credits > 0 && (this.#limit === undefined || this.#limit.inFlight.hasCredit);
  }

  get bytesReceived(): number {
    return this.bytesSent;
  }

  /** Both ends are the same here: what was sent and is not worked off yet. */
  get creditUsage(): number {
    return Math.min(1, (CHANNEL_CREDITS - this.#credits) / CHANNEL_CREDITS);
  }

  get fillLevel(): number {
    return this.creditUsage;
  }

  get waitingBatches(): number {
    return CHANNEL_CREDITS - this.#credits;
  }

  newBatch(): RecordBatch {
    return this.#emptyBatch(this.#limit === undefined ? this.#batchSize : this.#limit.inFlight.batchSize);
  }

  recordsHave(fields: readonly string[]): boolean {
    return this.#transfer === undefined || this.#transfer.recordsHave(fields);
  }

  sendBatch(batch: RecordBatch): void {
    this.#credits--;
    this.#limit?.inFlight.held(batch);
    if (this.#transfer === undefined) {
      this.#limit?.inFlight.sent(batch.length, 0, this.#limit.clock.monotonicMs());
      this.#push({ kind: 'batch', batch });
    } else {
      const packed = this.#transfer.pack(batch);
      const bytes = this.#transfer.sizeOf(packed);
      this.#limit?.inFlight.sent(batch.length, bytes, this.#limit.clock.monotonicMs());
      this.bytesSent += bytes;
      this.#push({ kind: 'packed', packed });
      this.#recycle(batch);
    }
  }

  /**
   * A watermark takes the place of one that was sent just before and that nobody has read: watermarks need no credit, so a
   * sender of nothing else would fill the channel without end while the receiver is held up.
   */
  send(element: ControlElement): void {
    const last = this.#queue.length - 1;
    if (element.kind === 'watermark' && last >= this.#front && this.#queue[last]?.kind === 'watermark') this.#queue[last] = element;
    else this.#push(element);
  }

  onCredit(listener: () => void): void {
    this.#creditListener = listener;
  }

  poll(): StreamElement | undefined {
    if (this.#front === this.#queue.length) return undefined;
    const element = this.#queue[this.#front++] as StreamElement | PackedBatch;
    if (this.#front === this.#queue.length) {
      this.#queue = [];
      this.#front = 0;
    }
    return element.kind === 'packed' ? this.#unpack(element) : element;
  }

  release(batch: RecordBatch): void {
    this.#recycle(batch);
    const hadCredit = this.hasCredit;
    this.#credits++;
    this.#limit?.inFlight.returned(this.#limit.clock.monotonicMs());
    if (!hadCredit && this.hasCredit) this.#creditListener();
  }

  onElement(listener: () => void): void {
    this.#elementListener = listener;
  }

  #push(element: StreamElement | PackedBatch): void {
    const wasEmpty = this.#front === this.#queue.length;
    this.#queue.push(element);
    if (wasEmpty) this.#elementListener();
  }

  #unpack(element: PackedBatch): BatchElement {
    const batch = this.#emptyBatch(this.#batchSize);
    (this.#transfer as BatchTransfer).unpack(element.packed, batch);
    return { kind: 'batch', batch };
  }

  #emptyBatch(capacity: number): RecordBatch {
    const free = this.#free.pop();
    return free !== undefined && free.capacity === capacity ? free : new RecordBatch(capacity);
  }

  #recycle(batch: RecordBatch): void {
    batch.clear();
    if (this.#free.length < CHANNEL_CREDITS + 1) this.#free.push(batch);
  }
}

/** How a local channel learns how fast its receiver is. */
export interface LocalLimit {
  readonly inFlight: InFlightLimit;
  readonly clock: Clock;
}

interface PackedBatch {
  readonly kind: 'packed';
  readonly packed: unknown;
}
