import { DEFAULT_RECORD_LIMITS, RecordDecoder, type DecodeContext, type Format, type ReaderContext, type SourceBatch } from '@millrace/core/spi';
import { checkBatch, RecordCursor, type FetchedBatch } from '../batch/batch-reader.js';
import { RecordRefused, ValueMissing } from '../errors.js';
import type { KafkaHeader, KafkaMessage, MessageFormat } from '../format/message.js';
import type { KafkaSplit } from './kafka-split.js';
import type { KafkaReading } from './source-options.js';

const NO_BYTES = new Uint8Array(0);
const NO_HEADERS: readonly KafkaHeader[] = Object.freeze([]);

/** A fetch of one partition that waits to be decoded. */
interface Fetched {
  readonly batches: readonly FetchedBatch[];
  readonly bytes: number;
  /** Reading goes on here once the batches are through: markers and aborted records at the end are passed over. */
  readonly nextOffset: number;
}

/**
 * Decodes what was fetched of one partition. Fetches go in at one end (asynchronously), records come out at the other
 * (synchronously, as many as a batch takes). The position is after the last record handed over.
 */
export class PartitionReader<T> {
  readonly split: KafkaSplit;
  /** Handing out stands still, for watermark alignment. */
  paused: boolean;
  /** What the format checks or fetches before the next record can be decoded; nothing is handed over until it is there. */
  preparing: Promise<void> | undefined;
  /** A fetch for it is under way. */
  fetching: boolean;
  /** Bytes that wait to be decoded. */
  queuedBytes: number;
  /** Where the next fetch goes on. */
  fetchOffset: number;
  /** The end of the partition when it was last fetched. */
  highWatermark: number;
  /** The next offset to hand over. */
  position: number;
  /** Reading ends before this offset; -1: never. */
  end: number;
  readonly #records: RecordDecoder<T>;
  readonly #reading: KafkaReading<T>;
  readonly #maxBytes: number;
  readonly #message: CurrentMessage | undefined;
  readonly #cursor: RecordCursor;
  readonly #queue: Fetched[];
  #batch: FetchedBatch | undefined;
  #batchIndex: number;
  #left: number;
  #where: string;
  /** The cursor stands on a record that waits for what its format fetches. */
  #held: boolean;

  constructor(split: KafkaSplit, reading: KafkaReading<T>, context: ReaderContext) {
    this.split = split;
    this.paused = false;
    this.preparing = undefined;
    this.#held = false;
    this.fetching = false;
    this.queuedBytes = 0;
    this.fetchOffset = split.offset;
    this.highWatermark = -1;
    this.position = split.offset;
    // What was bounded before and is not any more goes on.
    this.end = reading.stop === undefined ? -1 : split.end;
    this.#reading = reading;
    this.#maxBytes = reading.maxRecordBytes ?? (context.recordLimits ?? DEFAULT_RECORD_LIMITS).maxBytes;
    this.#cursor = new RecordCursor();
    const whole = 'kind' in reading.format || reading.tombstones !== undefined;
    this.#message = whole ? new CurrentMessage(split, this.#cursor) : undefined;
    this.#records = new RecordDecoder('kind' in reading.format ? valueFormat(reading.format, this.#message!) : reading.format, context, split.id, 'utf-8', split.topic);
    if (split.skip > 0) this.#records.leaveOut(split.skip, split.offset);
    this.#queue = [];
    this.#batch = undefined;
    this.#batchIndex = 0;
    this.#left = 0;
    this.#where = split.id;
  }

  /** The split with its position, for a checkpoint. */
  get current(): KafkaSplit {
    const { hasWaiting, skip, frameOffset } = this.#records;
    if (hasWaiting || (skip > 0 && frameOffset === this.position)) return { ...this.split, end: this.end, offset: frameOffset, skip };
    return { ...this.split, end: this.end, offset: this.position, skip: 0 };
  }

  /** Whether something waits to be handed over. */
  get hasRecords(): boolean {
    return this.#records.hasWaiting || this.#batch !== undefined || this.#queue.length > 0;
  }

  /** Whether all up to the end of the split is handed over. */
  get isFinished(): boolean {
    return this.end >= 0 && this.position >= this.end && !this.#records.hasWaiting;
  }

  /** Whether all up to the end of the split is fetched. */
  get isFetched(): boolean {
    return this.end >= 0 && this.fetchOffset >= this.end;
  }

  /** Lets the format check, once, that what will come can be read. */
  start(): void {
    this.preparing = this.#records.start();
  }

  /** Takes what a fetch brought. */
  push(batches: readonly FetchedBatch[], bytes: number, nextOffset: number): void {
    this.queuedBytes += bytes;
    this.fetchOffset = nextOffset;
    this.#queue.push({ batches, bytes, nextOffset });
  }

  /** Goes on somewhere else, because what was wanted is gone. Only while nothing waits. */
  moveTo(offset: number): void {
    this.fetchOffset = offset;
    this.position = offset;
  }

  /** Hands records over until the batch is full, or nothing fetched is left. */
  fill(batch: SourceBatch<T>): void {
    const before = batch.length;
    const records = this.#records;
    records.into(batch, batch.capacity);
    this.#stamp(batch, before);
    while (batch.length < batch.capacity && !records.hasWaiting) {
      if (this.#held || this.#left > 0) {
        if (!this.#record(batch)) return;
      } else if (!this.#nextBatch()) {
        return;
      }
    }
  }

  /** Decodes the next record of the batch. False at the end of the split, and where the format must fetch something first. */
  #record(batch: SourceBatch<T>): boolean {
    const cursor = this.#cursor;
    const fetched = this.#batch!;
    if (this.#held) {
      this.#held = false;
    } else {
      cursor.next();
      this.#left--;
    }
    const offset = fetched.baseOffset + cursor.offsetDelta;
    if (offset < this.position) return true;
    if (this.end >= 0 && offset >= this.end) {
      this.#stop();
      return false;
    }
    const before = batch.length;
    if (this.#message !== undefined) this.#message.set(fetched, offset);
    const { valueFrom, valueLength } = cursor;
    if (this.#mustPrepare(fetched.records, valueFrom, valueLength)) return false;
    this.position = offset + 1;
    if (valueLength >= 0 && valueLength <= this.#maxBytes) this.#records.decode(fetched.records, valueFrom, valueFrom + valueLength, offset);
    else if (valueLength < 0) this.#withoutValue(offset);
    else this.#tooLarge(fetched, offset);
    this.#stamp(batch, before);
    return true;
  }

  /** Asks the format whether it can decode the record at hand. If not, the record stays there, and the position before it. */
  #mustPrepare(bytes: Uint8Array, from: number, length: number): boolean {
    const { decoder } = this.#records;
    if (decoder.prepare === undefined) return false;
    if ('kind' in this.#reading.format) this.preparing = decoder.prepare(NO_BYTES, 0, 0);
    else if (length >= 0 && length <= this.#maxBytes) this.preparing = decoder.prepare(bytes, from, from + length);
    this.#held = this.preparing !== undefined;
    return this.#held;
  }

  /** A format that knows no timestamp leaves that of the message. */
  #stamp(batch: SourceBatch<T>, from: number): void {
    if (batch.length === from) return;
    const fetched = this.#batch;
    if (fetched === undefined) return;
    const timestamp = fetched.appendTime === fetched.appendTime ? fetched.appendTime : fetched.baseTimestamp + this.#cursor.timestampDelta;
    if (timestamp < 0) return;
    for (let at = from; at < batch.length; at++) if (batch.timestamps[at] !== batch.timestamps[at]) batch.timestamps[at] = timestamp;
  }

  #withoutValue(offset: number): void {
    if ('kind' in this.#reading.format) {
      this.#records.decode(NO_BYTES, 0, 0, offset);
      return;
    }
    const { tombstones } = this.#reading;
    if (tombstones === 'skip') return;
    if (tombstones === undefined) {
      this.#records.failed(ValueMissing.error({ what: 'the record has a key and no value' }), offset, NO_BYTES, 0, 0);
      return;
    }
    const made = tombstones(this.#message!);
    this.#records.frameOffset = offset;
    if (made !== undefined) this.#records.record(made, Number.NaN);
  }

  #tooLarge({ records }: FetchedBatch, offset: number): void {
    const { valueFrom, valueLength } = this.#cursor;
    const error = RecordRefused.error({ what: `a value of ${valueLength} bytes is longer than the limit of ${this.#maxBytes}`, remedy: 'Raise maxRecordBytes of the source where values really are this large.' });
    this.#records.failed(error, offset, records, valueFrom, valueFrom + valueLength);
  }

  /** Opens the next batch that has something for us. False when none is fetched. */
  #nextBatch(): boolean {
    for (let fetched = this.#queue[0]; fetched !== undefined; fetched = this.#queue[0]) {
      const batch = fetched.batches[this.#batchIndex++];
      if (batch !== undefined) {
        if (batch.control || batch.lastOffset < this.position) continue;
        if (batch.compression === 0) checkBatch(batch, this.#where);
        this.#batch = batch;
        this.#left = batch.count;
        this.#cursor.open(batch.records, batch.recordsFrom);
        return true;
      }
      this.#queue.shift();
      this.#batchIndex = 0;
      this.queuedBytes -= fetched.bytes;
      if (fetched.nextOffset > this.position) this.position = this.end >= 0 ? Math.min(fetched.nextOffset, this.end) : fetched.nextOffset;
    }
    this.#batch = undefined;
    return false;
  }

  #stop(): void {
    this.position = Math.max(this.position, this.end);
    this.fetchOffset = Math.max(this.fetchOffset, this.end);
    this.#queue.length = 0;
    this.queuedBytes = 0;
    this.#left = 0;
  }
}

/** The message under way, as formats of whole messages see it. */
class CurrentMessage implements KafkaMessage {
  readonly topic: string;
  readonly partition: number;
  offset: number;
  timestamp: number;
  readonly #cursor: RecordCursor;
  #bytes: Uint8Array;

  constructor({ topic, partition }: KafkaSplit, cursor: RecordCursor) {
    this.topic = topic;
    this.partition = partition;
    this.offset = 0;
    this.timestamp = 0;
    this.#cursor = cursor;
    this.#bytes = NO_BYTES;
  }

  set(batch: FetchedBatch, offset: number): void {
    this.offset = offset;
    this.timestamp = batch.appendTime === batch.appendTime ? batch.appendTime : batch.baseTimestamp + this.#cursor.timestampDelta;
    this.#bytes = batch.records;
  }

  get key(): Uint8Array | null {
    const { keyFrom, keyLength } = this.#cursor;
    return keyLength < 0 ? null : this.#bytes.subarray(keyFrom, keyFrom + keyLength);
  }

  get value(): Uint8Array | null {
    const { valueFrom, valueLength } = this.#cursor;
    return valueLength < 0 ? null : this.#bytes.subarray(valueFrom, valueFrom + valueLength);
  }

  get headers(): readonly KafkaHeader[] {
    // Nearly all records have none: one byte says so.
    return this.#bytes[this.#cursor.headersFrom] === 0 ? NO_HEADERS : this.#cursor.headers();
  }
}

/** A format of whole messages as one of values, for the decoder that follows the error policy. */
function valueFormat<T>(format: MessageFormat<T>, message: KafkaMessage): Format<T> {
  return {
    name: format.name,
    framing: 'none',
    separator: '',
    type: format.type,
    ...(format.onError === undefined ? {} : { onError: format.onError }),
    createDecoder: (context: DecodeContext) => {
      const decoder = format.createDecoder(context);
      return {
        decode: (_bytes, _from, _to, out) => decoder.decode(message, out),
        ...(decoder.start === undefined ? {} : { start: () => decoder.start!() }),
        ...(decoder.prepare === undefined ? {} : { prepare: () => decoder.prepare!(message) }),
      };
    },
    createEncoder: () => ({ encode: () => {} }),
  };
}
