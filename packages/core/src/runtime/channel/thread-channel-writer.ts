import { ByteWriter } from '../../base/bytes.js';
import type { Clock } from '../../base/platform.js';
import type { BatchCodec } from '../../record/codec/batch-codec.js';
import { RecordBatch } from '../../record/record-batch.js';
import type { TypeInfo } from '../../record/types/type-info.js';
import { writeBatchFrame, writeFrame } from '../../record/wire/frame.js';
import type { ChannelWriter, ControlElement, TaskSettings } from '../../task/ports.js';
import { channelCodec } from './codec-transfer.js';
import type { ExchangeLink } from './exchange-link.js';
import { InFlightLimit } from './in-flight-limit.js';

/** What a channel to another thread carries, and how much of it. */
export interface ThreadWriterOptions {
  /** Type of its records, as far as it is known. */
  readonly type: TypeInfo | undefined;
  readonly settings: TaskSettings;
  readonly clock: Clock;
}

/** The sending end of a channel to another thread: batches leave as bytes, so the batch itself is filled again. */
export class ThreadChannelWriter implements ChannelWriter {
  readonly #link: ExchangeLink;
  readonly #clock: Clock;
  readonly #codec: BatchCodec;
  readonly #writer: ByteWriter;
  readonly #limit: InFlightLimit;
  bytesSent: number;
  #spare: RecordBatch | undefined;
  #blocked: boolean;
  /** The newest watermark that waits for credit: while the receiver is behind, only the last one matters. */
  #waiting: ControlElement | undefined;
  #creditListener: () => void;

  constructor(link: ExchangeLink, options: ThreadWriterOptions) {
    this.#link = link;
    this.#clock = options.clock;
    this.#codec = channelCodec(options.type);
    this.#writer = new ByteWriter(4096);
    this.#limit = new InFlightLimit(options.settings.bufferTargetMs, options.settings.batchSize);
    this.bytesSent = 0;
    this.#spare = undefined;
    this.#blocked = false;
    this.#waiting = undefined;
    this.#creditListener = () => {};
  }

  get hasCredit(): boolean {
    this.#blocked = !this.#limit.hasCredit;
    return !this.#blocked;
  }

  get creditUsage(): number {
    return this.#limit.usage;
  }

  newBatch(): RecordBatch {
    const size = this.#limit.batchSize;
    const spare = this.#spare;
    if (spare !== undefined && spare.capacity === size) {
      this.#spare = undefined;
      return spare;
    }
    return new RecordBatch(size);
  }

  recordsHave(fields: readonly string[]): boolean {
    return this.#codec.recordsHave(fields);
  }

  sendBatch(batch: RecordBatch): void {
    this.#sendWaiting();
    this.#limit.held(batch);
    this.#writer.reset();
    writeBatchFrame(batch, this.#codec, this.#writer);
    this.#limit.sent(batch.length, this.#writer.length, this.#clock.monotonicMs());
    this.bytesSent += this.#writer.length;
    this.#link.sendFrame(this.#writer.view());
    batch.clear();
    this.#spare = batch;
  }

  send(element: ControlElement): void {
    if (element.kind === 'watermark' && !this.#limit.hasCredit) {
      this.#waiting = element;
      return;
    }
    this.#sendWaiting();
    this.#sendControl(element);
  }

  onCredit(listener: () => void): void {
    this.#creditListener = listener;
  }

  /** The receiver has worked a batch off. */
  credited(): void {
    this.#limit.returned(this.#clock.monotonicMs());
    if (this.#limit.hasCredit) this.#sendWaiting();
    if (!this.#blocked || !this.#limit.hasCredit) return;
    this.#blocked = false;
    this.#creditListener();
  }

  #sendWaiting(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    this.#sendControl(waiting);
  }

  #sendControl(element: ControlElement): void {
    this.#writer.reset();
    writeFrame(element, this.#codec, this.#writer);
    this.#link.sendFrame(this.#writer.view());
  }
}
