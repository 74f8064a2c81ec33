/**
 * Frames: how elements travel through a channel between threads or processes (decision 0001).
 *
 * | bytes | meaning |
 * |---|---|
 * | 2 | magic `4D 52` ("MR") |
 * | 1 | version, 1 |
 * | 1 | kind: 1 batch, 2 watermark, 3 status, 4 barrier, 5 end of input |
 * | 4 | u32, bytes after this header |
 *
 * then for a batch: flags (bit 0: a trailing watermark, 1: partial accumulators instead of records), that watermark as float64 where there is one, and the records
 * as the batch codec writes them (or the accumulators, and then their keys, with the numbers of records as timestamps); for a watermark: float64; for a status: `00` active or `01` idle; for a barrier:
 * varint53 id, float64 timestamp, flags (bit 0 at-least-once, 1 savepoint, 2 stop, 3 drain); for the end: nothing.
 */
import type { ByteReader, ByteWriter } from '../../base/bytes.js';
import type { BatchCodec } from '../codec/batch-codec.js';
import { readContents, writeContents } from '../codec/batch-contents.js';
import { malformed } from '../codec/primitives.js';
import { ACTIVE, barrierElement, END_OF_INPUT, IDLE, watermarkElement, type BarrierElement, type BarrierOptions, type StreamElement } from '../element.js';
import { FormatUnknown } from '../errors.js';
import { RecordBatch } from '../record-batch.js';

/** The version of the frame format. */
export const FRAME_VERSION = 1;

/** Bytes in front of every frame's body. */
export const FRAME_HEADER_BYTES = 8;

const MAGIC_0 = 0x4d;
const MAGIC_1 = 0x52;

const KIND = Object.freeze({ batch: 1, watermark: 2, watermarkStatus: 3, barrier: 4, endOfInput: 5 } as const);

const HAS_WATERMARK = 1;
const HOLDS_PARTIALS = 2;
const AT_LEAST_ONCE = 1;
const SAVEPOINT = 2;
const STOP = 4;
const DRAIN = 8;

/** Appends one element as a frame. Throws what the batch codec throws, and then leaves the writer as it was. */
export function writeFrame(element: StreamElement, codec: BatchCodec, writer: ByteWriter): void {
  const start = writer.length;
  writer.u8(MAGIC_0);
  writer.u8(MAGIC_1);
  writer.u8(FRAME_VERSION);
  writer.u8(KIND[element.kind]);
  writer.u32(0);
  switch (element.kind) {
    case 'batch':
      writeBatch(element.batch, codec, writer, start);
      break;
    case 'watermark':
      writer.f64(element.watermark);
      break;
    case 'watermarkStatus':
      writer.u8(element.status === 'idle' ? 1 : 0);
      break;
    case 'barrier':
      writeBarrier(element, writer);
      break;
    case 'endOfInput':
      break;
  }
  writer.patchU32(start + 4, writer.length - start - FRAME_HEADER_BYTES);
}

/** Appends a batch as a frame without an element around it. */
export function writeBatchFrame(batch: RecordBatch, codec: BatchCodec, writer: ByteWriter): void {
  writeFrame({ kind: 'batch', batch }, codec, writer);
}

/**
 * How many bytes the frame at the reader's position takes, header included; undefined while the header is incomplete. For
 * transports that receive bytes in pieces. Throws `FormatUnknown` for anything but a frame of this version.
 */
export function frameLength(reader: ByteReader): number | undefined {
  if (reader.remaining < FRAME_HEADER_BYTES) return undefined;
  const at = reader.position;
  checkMagic(reader);
  reader.u8();
  const length = FRAME_HEADER_BYTES + reader.u32();
  reader.position = at;
  return length;
}

/** Takes batches for decoding from whoever pools them; the batch given has room for `records`. */
export type BatchSupplier = (records: number) => RecordBatch;

/**
 * Reads one frame. The reader must hold all of it. With `later` its bytes stay as they are until a batch was worked off: records
 * may be made when they are taken.
 */
export function readFrame(reader: ByteReader, codec: BatchCodec, supply: BatchSupplier = newBatch, later: boolean = false): StreamElement {
  checkMagic(reader);
  const kind = reader.u8();
  const length = reader.u32();
  if (length > reader.remaining) throw malformed(`a frame of ${length} bytes is announced where ${reader.remaining} are left`);
  const end = reader.position + length;
  const element = readBody(kind, reader, codec, supply, later);
  if (reader.position !== end) throw malformed(`a frame of ${length} bytes holds ${length + reader.position - end}`);
  return element;
}

function readBody(kind: number, reader: ByteReader, codec: BatchCodec, supply: BatchSupplier, later: boolean): StreamElement {
  switch (kind) {
    case KIND.batch:
      return { kind: 'batch', batch: readBatch(reader, codec, supply, later) };
    case KIND.watermark:
      return watermarkElement(readWatermark(reader));
    case KIND.watermarkStatus: {
      const status = reader.u8();
      if (status > 1) throw malformed(`a watermark status has the byte ${status}`);
      return status === 1 ? IDLE : ACTIVE;
    }
    case KIND.barrier:
      return readBarrier(reader);
    case KIND.endOfInput:
      return END_OF_INPUT;
    default:
      throw FormatUnknown.error({ what: `a frame is of the kind ${kind}, which this version does not know` });
  }
}

function checkMagic(reader: ByteReader): void {
  if (reader.u8() !== MAGIC_0 || reader.u8() !== MAGIC_1) throw FormatUnknown.error({ what: 'what came through a channel is no frame of Millrace' });
  const version = reader.u8();
  if (version !== FRAME_VERSION) throw FormatUnknown.error({ what: `a frame has the version ${version}; this version of Millrace reads ${FRAME_VERSION}` });
}

function writeBatch(batch: RecordBatch, codec: BatchCodec, writer: ByteWriter, start: number): void {
  writer.u8((batch.hasWatermark ? HAS_WATERMARK : 0) | (batch.holdsPartials ? HOLDS_PARTIALS : 0));
  if (batch.hasWatermark) writer.f64(batch.watermark);
  try {
    writeContents(batch, codec, writer);
  } catch (error) {
    writer.truncate(start);
    throw error;
  }
}

function readBatch(reader: ByteReader, codec: BatchCodec, supply: BatchSupplier, later: boolean): RecordBatch {
  const flags = reader.u8();
  if (flags > (HAS_WATERMARK | HOLDS_PARTIALS)) throw malformed(`a batch has the flags ${flags}`);
  const hasWatermark = (flags & HAS_WATERMARK) !== 0;
  const watermark = hasWatermark ? readWatermark(reader) : Number.NEGATIVE_INFINITY;
  const batch = supply(codec.peekLength(reader));
  readContents(reader, codec, batch, (flags & HOLDS_PARTIALS) !== 0, later);
  if (hasWatermark) batch.setWatermark(watermark);
  return batch;
}

function readWatermark(reader: ByteReader): number {
  const watermark = reader.f64();
  if (Number.isNaN(watermark)) throw malformed('a watermark is NaN');
  return watermark;
}

function writeBarrier(barrier: BarrierElement, writer: ByteWriter): void {
  const { alignment, savepoint } = barrier.options;
  let flags = alignment === 'at-least-once' ? AT_LEAST_ONCE : 0;
  if (savepoint !== undefined) flags |= SAVEPOINT | (savepoint.then === 'stop' ? STOP : 0) | (savepoint.drain ? DRAIN : 0);
  writer.varint53(barrier.checkpointId);
  writer.f64(barrier.timestamp);
  writer.u8(flags);
}

function readBarrier(reader: ByteReader): BarrierElement {
  const checkpointId = reader.varint53();
  const timestamp = reader.f64();
  const flags = reader.u8();
  const alignment: BarrierOptions['alignment'] = (flags & AT_LEAST_ONCE) === 0 ? 'exactly-once' : 'at-least-once';
  if (flags > 15 || ((flags & SAVEPOINT) === 0 && flags > AT_LEAST_ONCE)) throw malformed(`a barrier has the flags ${flags}`);
  if ((flags & SAVEPOINT) === 0) return barrierElement(checkpointId, timestamp, Object.freeze({ alignment }));
  const savepoint = Object.freeze({ then: (flags & STOP) === 0 ? ('continue' as const) : ('stop' as const), drain: (flags & DRAIN) !== 0 });
  return barrierElement(checkpointId, timestamp, Object.freeze({ alignment, savepoint }));
}

function newBatch(records: number): RecordBatch {
  return new RecordBatch(Math.max(1, records));
}
