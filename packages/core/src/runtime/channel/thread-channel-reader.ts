import { assert } from '../../base/assert.js';
import { ByteReader } from '../../base/bytes.js';
import type { BatchCodec } from '../../record/codec/batch-codec.js';
import type { StreamElement } from '../../record/element.js';
import { RecordBatch } from '../../record/record-batch.js';
import type { TypeInfo } from '../../record/types/type-info.js';
import { readFrame } from '../../record/wire/frame.js';
import type { ChannelReader, TaskSettings } from '../../task/ports.js';
import { channelCodec } from './codec-transfer.js';
import type { ExchangeLink } from './exchange-link.js';
import { MIN_BATCHES_IN_FLIGHT } from './in-flight-limit.js';

/** What a channel from another thread carries. */
export interface ThreadReaderOptions {
  /** Type of its records, as far as it is known. */
  readonly type: TypeInfo | undefined;
  readonly settings: TaskSettings;
}

/**
 * The receiving end of a channel from another thread. Frames wait as bytes, and so do records of columns until
 * the gate's loop takes them, one by one; the buffer goes back with the credit, when the batch was processed.
 */
export class ThreadChannelReader implements ChannelReader {
  readonly #link: ExchangeLink;
  readonly #codec: BatchCodec;
  readonly #reader: ByteReader;
  readonly #batchSize: number;
  readonly #supply: (records: number) => RecordBatch;
  bytesReceived: number;
  #buffers: ArrayBuffer[];
  #lengths: number[];
  #front: number;
  #spare: RecordBatch | undefined;
  /** The buffer of the batch that is being processed. */
  #current: ArrayBuffer | undefined;
  #elementListener: () => void;

  constructor(link: ExchangeLink, options: ThreadReaderOptions) {
    this.#link = link;
    this.#codec = channelCodec(options.type);
    this.#reader = new ByteReader(new Uint8Array(0));
    this.#batchSize = options.settings.batchSize;
    this.#supply = (records) => this.#batchFor(records);
    this.bytesReceived = 0;
    this.#buffers = [];
    this.#lengths = [];
    this.#front = 0;
    this.#spare = undefined;
    this.#current = undefined;
    this.#elementListener = () => {};
  }

  /** A frame has come. */
  received(buffer: ArrayBuffer, length: number): void {
    const wasEmpty = this.#front === this.#buffers.length;
    this.#buffers.push(buffer);
    this.#lengths.push(length);
    this.bytesReceived += length;
    if (wasEmpty) this.#elementListener();
  }

  get waitingBatches(): number {
    return this.#buffers.length - this.#front;
  }

  /** Full is when as much waits as its sender may always send. */
  get fillLevel(): number {
    return Math.min(1, this.waitingBatches / MIN_BATCHES_IN_FLIGHT);
  }

  poll(): StreamElement | undefined {
    if (this.#front === this.#buffers.length) return undefined;
    const buffer = this.#buffers[this.#front] as ArrayBuffer;
    const length = this.#lengths[this.#front++] as number;
    if (this.#front === this.#buffers.length) {
      this.#buffers = [];
      this.#lengths = [];
      this.#front = 0;
    }
    this.#reader.reset(new Uint8Array(buffer, 0, length));
    const element = readFrame(this.#reader, this.#codec, this.#supply, true);
    if (element.kind === 'batch') {
      assert(this.#current === undefined, 'a channel gives one batch at a time');
      this.#current = buffer;
    }
    return element;
  }

  release(batch: RecordBatch): void {
    batch.clear();
    this.#spare = batch;
    const buffer = this.#current;
    assert(buffer !== undefined, 'a batch is released once');
    this.#current = undefined;
    this.#link.sendCredit(buffer);
  }

  onElement(listener: () => void): void {
    this.#elementListener = listener;
  }

  #batchFor(records: number): RecordBatch {
    const spare = this.#spare;
    if (spare !== undefined && spare.capacity >= records) {
      this.#spare = undefined;
      return spare;
    }
    return new RecordBatch(Math.max(this.#batchSize, records));
  }
}
