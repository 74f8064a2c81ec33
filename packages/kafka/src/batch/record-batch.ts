/**
 * The record batch of Kafka (version 2, since Kafka 0.11), byte by byte: all numbers big-endian.
 *
 * A batch is written once, by the producer, and comes back in the same bytes; the broker fills in base offset and leader
 * epoch, which the checksum does not cover.
 */

/** Where things stand in the head of a batch. */
export const At: Readonly<Record<'attributes' | 'baseOffset' | 'baseTimestamp' | 'count' | 'crc' | 'epoch' | 'lastOffsetDelta' | 'length' | 'magic' | 'maxTimestamp' | 'producerId' | 'records' | 'sequence', number>> = Object.freeze({
  baseOffset: 0,
  length: 8,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  epoch: 51,
  sequence: 53,
  count: 57,
  records: 61,
});

/** Bytes before what `length` counts. */
export const LENGTH_END = 12;
/** The version of batches that is known here. */
export const MAGIC = 2;
/** The bits of the attributes that say how records are packed. */
export const COMPRESSION_MASK = 0x07;
/** The attribute of a batch whose timestamps are the broker's. */
export const LOG_APPEND_TIME = 0x08;
/** The attribute of a batch that belongs to a transaction. */
export const TRANSACTIONAL = 0x10;
/** The attribute of a batch that ends a transaction instead of holding records. */
export const CONTROL = 0x20;

const TWO_32 = 2 ** 32;

/** A 64-bit number that fits into a safe integer, without a bigint. */
export function safeInt64(view: DataView, at: number): number {
  return view.getInt32(at) * TWO_32 + view.getUint32(at + 4);
}

/** A view of the bytes for numbers. */
export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
