import { crc32 } from 'node:zlib';

/**
 * A frame is what is written and checked as one: a header of 80 bytes and the records after it. All numbers are
 * little-endian.
 *
 * | at | type | what |
 * |---|---|---|
 * | 0 | u32 | mark of a frame |
 * | 4 | u32 | CRC-32 of the bytes 8 … 80 |
 * | 8, 12 | u32 | length and CRC-32 of the records |
 * | 16 | f64 | offset of the first record |
 * | 24 | f64 | records below this offset were known to be on the disk when the frame was written |
 * | 32 | f64 | greatest timestamp, -Infinity when no record has one |
 * | 40 | u32 | records |
 * | 44 | u32 | offsets it spans: the next frame begins there |
 * | 48, 52 | u32 | producer, 0 when nobody asks for exactly-once |
 * | 56 | f64 | the producer's commit |
 * | 64 | u32 | number of the frame in that commit |
 * | 68 | u32 | flags |
 * | 72 | f64 | when it was appended, epoch milliseconds |
 *
 * The checksum of the records stands in the header and not over it, so that a frame can be given its offset when it is
 * committed without its records being touched.
 */
export interface FrameHeader {
  payloadLength: number;
  payloadChecksum: number;
  baseOffset: number;
  durableOffset: number;
  maxTimestamp: number;
  count: number;
  span: number;
  producerHigh: number;
  producerLow: number;
  commit: number;
  frameOfCommit: number;
  flags: number;
  appendedAt: number;
}

/** Bytes of a header. */
export const FRAME_HEADER_BYTES = 80;
/** No frame is larger: a header that says so is damaged. */
export const MAX_FRAME_BYTES: number = 256 * 1024 * 1024;
/** Flag of the last frame of a commit. */
export const LAST_OF_COMMIT = 1;

/** `MLF1` */
const MARK = 0x31_46_4c_4d;
const CHECKED_FROM = 8;

/** A header with nothing in it. */
export function emptyHeader(): FrameHeader {
  return {
    payloadLength: 0,
    payloadChecksum: 0,
    baseOffset: 0,
    durableOffset: 0,
    maxTimestamp: Number.NEGATIVE_INFINITY,
    count: 0,
    span: 0,
    producerHigh: 0,
    producerLow: 0,
    commit: 0,
    frameOfCommit: 0,
    flags: 0,
    appendedAt: 0,
  };
}

/** Writes a header into the first bytes of a frame. */
export function writeHeader(header: FrameHeader, frame: Uint8Array): void {
  const view = new DataView(frame.buffer, frame.byteOffset, FRAME_HEADER_BYTES);
  view.setUint32(0, MARK, true);
  view.setUint32(8, header.payloadLength, true);
  view.setUint32(12, header.payloadChecksum, true);
  view.setFloat64(16, header.baseOffset, true);
  view.setFloat64(24, header.durableOffset, true);
  view.setFloat64(32, header.maxTimestamp, true);
  view.setUint32(40, header.count, true);
  view.setUint32(44, header.span, true);
  view.setUint32(48, header.producerHigh, true);
  view.setUint32(52, header.producerLow, true);
  view.setFloat64(56, header.commit, true);
  view.setUint32(64, header.frameOfCommit, true);
  view.setUint32(68, header.flags, true);
  view.setFloat64(72, header.appendedAt, true);
  view.setUint32(4, crc32(frame.subarray(CHECKED_FROM, FRAME_HEADER_BYTES)), true);
}

/** Reads the header at `at`; false when there is none, or its checksum does not match. */
export function readHeader(bytes: Uint8Array, at: number, into: FrameHeader): boolean {
  if (bytes.length - at < FRAME_HEADER_BYTES) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, FRAME_HEADER_BYTES);
  if (view.getUint32(0, true) !== MARK) return false;
  if (view.getUint32(4, true) !== crc32(bytes.subarray(at + CHECKED_FROM, at + FRAME_HEADER_BYTES))) return false;
  into.payloadLength = view.getUint32(8, true);
  into.payloadChecksum = view.getUint32(12, true);
  into.baseOffset = view.getFloat64(16, true);
  into.durableOffset = view.getFloat64(24, true);
  into.maxTimestamp = view.getFloat64(32, true);
  into.count = view.getUint32(40, true);
  into.span = view.getUint32(44, true);
  into.producerHigh = view.getUint32(48, true);
  into.producerLow = view.getUint32(52, true);
  into.commit = view.getFloat64(56, true);
  into.frameOfCommit = view.getUint32(64, true);
  into.flags = view.getUint32(68, true);
  into.appendedAt = view.getFloat64(72, true);
  return into.payloadLength <= MAX_FRAME_BYTES;
}

/** Whether the records of a frame are as they were written. */
export function payloadIsWhole(header: FrameHeader, bytes: Uint8Array, from: number): boolean {
  return crc32(bytes.subarray(from, from + header.payloadLength)) === header.payloadChecksum;
}

/** The checksum of records. */
export function checksumOf(payload: Uint8Array): number {
  return crc32(payload);
}
