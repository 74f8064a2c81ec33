import { crc32c } from '@millrace/core/spi';
import { RecordBatchDamaged } from '../errors.js';
import { At, COMPRESSION_MASK, CONTROL, LENGTH_END, LOG_APPEND_TIME, MAGIC, safeInt64, TRANSACTIONAL, viewOf } from './record-batch.js';
import { unpack } from './compression.js';

/** One batch of a fetch, with its records ready to be cut (unpacked), and its checksum still to be looked at. */
export interface FetchedBatch {
  /** The whole batch as it came. */
  readonly bytes: Uint8Array;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly count: number;
  readonly baseTimestamp: number;
  /** All records have this timestamp: the broker's. NaN where each has its own. */
  readonly appendTime: number;
  readonly producerId: bigint;
  readonly transactional: boolean;
  /** Not records, but the end of a transaction. */
  readonly control: boolean;
  /** Of a control batch: whether the transaction was aborted. */
  readonly abort: boolean;
  readonly compression: number;
  /** Where records begin, in `bytes` or, for a packed batch, in what it was unpacked to. */
  readonly records: Uint8Array;
  readonly recordsFrom: number;
}

/** Cuts the bytes of a fetch into batches. A last one that is cut off is left out: it comes whole with the next fetch. */
export function cutBatches(bytes: Uint8Array, where: string): FetchedBatch[] {
  const view = viewOf(bytes);
  const batches: FetchedBatch[] = [];
  let at = 0;
  while (bytes.length - at >= At.records) {
    const length = view.getInt32(at + At.length);
    const magic = view.getInt8(at + At.magic);
    if (magic !== MAGIC || length < At.records - LENGTH_END) {
      throw RecordBatchDamaged.error({ what: `${where}: the batch at offset ${safeInt64(view, at)} has version ${magic} and length ${length}` });
    }
    if (at + LENGTH_END + length > bytes.length) break;
    batches.push(headOf(bytes.subarray(at, at + LENGTH_END + length)));
    at += LENGTH_END + length;
  }
  return batches;
}

function headOf(bytes: Uint8Array): FetchedBatch {
  const view = viewOf(bytes);
  const attributes = view.getInt16(At.attributes);
  const baseOffset = safeInt64(view, At.baseOffset);
  const control = (attributes & CONTROL) !== 0;
  return {
    bytes,
    baseOffset,
    lastOffset: baseOffset + view.getInt32(At.lastOffsetDelta),
    count: view.getInt32(At.count),
    baseTimestamp: safeInt64(view, At.baseTimestamp),
    appendTime: (attributes & LOG_APPEND_TIME) === 0 ? Number.NaN : safeInt64(view, At.maxTimestamp),
    producerId: view.getBigInt64(At.producerId),
    transactional: (attributes & TRANSACTIONAL) !== 0,
    control,
    abort: control && isAbort(bytes),
    compression: attributes & COMPRESSION_MASK,
    records: bytes,
    recordsFrom: At.records,
  };
}

/** The key of the one record of a control batch is a version and a type: 0 aborts, 1 commits. */
function isAbort(bytes: Uint8Array): boolean {
  const cursor = new RecordCursor();
  cursor.open(bytes, At.records);
  cursor.next();
  return cursor.keyLength >= 4 && bytes[cursor.keyFrom + 2] === 0 && bytes[cursor.keyFrom + 3] === 0;
}

/** Throws when the bytes are not what the producer wrote. */
export function checkBatch({ bytes, baseOffset }: FetchedBatch, where: string): void {
  const stored = viewOf(bytes).getUint32(At.crc);
  if (crc32c(bytes, 0, At.attributes, bytes.length) === stored) return;
  throw RecordBatchDamaged.error({ what: `${where}: the batch at offset ${baseOffset} has a wrong checksum` });
}

/** The batch with its records unpacked, its checksum looked at before. Batches that are not packed stay as they are. */
export async function unpacked(batch: FetchedBatch, where: string): Promise<FetchedBatch> {
  if (batch.compression === 0) return batch;
  checkBatch(batch, where);
  return { ...batch, records: await unpack(batch.compression, batch.bytes.subarray(At.records), where), recordsFrom: 0 };
}

/**
 * Goes from record to record of a batch; the fields say where the parts of the current one lie in the bytes. One cursor
 * serves all batches of a split, so nothing is made per record.
 */
export class RecordCursor {
  offsetDelta: number;
  timestampDelta: number;
  keyFrom: number;
  /** Below 0: there is no key. */
  keyLength: number;
  valueFrom: number;
  /** Below 0: there is no value. */
  valueLength: number;
  /** Where the count of headers stands. */
  headersFrom: number;
  #bytes: Uint8Array;
  #at: number;

  constructor() {
    this.offsetDelta = 0;
    this.timestampDelta = 0;
    this.keyFrom = 0;
    this.keyLength = -1;
    this.valueFrom = 0;
    this.valueLength = -1;
    this.headersFrom = 0;
    this.#bytes = new Uint8Array(0);
    this.#at = 0;
  }

  /** Starts before the first record. */
  open(bytes: Uint8Array, from: number): void {
    this.#bytes = bytes;
    this.#at = from;
  }

  /** Moves to the next record. */
  next(): void {
    const length = this.#varint();
    const end = this.#at + length;
    this.#at++;
    this.timestampDelta = this.#varlong();
    this.offsetDelta = this.#varint();
    this.keyLength = this.#varint();
    this.keyFrom = this.#at;
    if (this.keyLength > 0) this.#at += this.keyLength;
    this.valueLength = this.#varint();
    this.valueFrom = this.#at;
    if (this.valueLength > 0) this.#at += this.valueLength;
    this.headersFrom = this.#at;
    if (length < 6 || end > this.#bytes.length || this.#at > end) throw RecordBatchDamaged.error({ what: `a record of ${length} bytes does not fit into its batch` });
    this.#at = end;
  }

  /** The headers of the current record; names may come more than once. */
  headers(): { readonly name: string; readonly value: Uint8Array | null }[] {
    const after = this.#at;
    this.#at = this.headersFrom;
    const found = Array.from({ length: this.#varint() }, () => {
      const name = Buffer.from(this.#sized() ?? []).toString('utf8');
      return { name, value: this.#sized()?.slice() ?? null };
    });
    this.#at = after;
    return found;
  }

  #sized(): Uint8Array | null {
    const length = this.#varint();
    if (length < 0) return null;
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** A signed number of at most 32 bits: zigzag, seven bits a byte. */
  #varint(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at++]!;
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      byte = bytes[this.#at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw RecordBatchDamaged.error({ what: 'a number in a record has more than 32 bits' });
  }

  /** A signed number of up to 53 bits. */
  #varlong(): number {
    const bytes = this.#bytes;
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      const byte = bytes[this.#at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      scale *= 128;
    }
    throw RecordBatchDamaged.error({ what: 'a timestamp in a record has more than 64 bits' });
  }
}
