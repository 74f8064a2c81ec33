/** What is in a batch, as bytes: records, or partial accumulators with their keys behind them. */
import type { ByteReader, ByteWriter } from '../../base/bytes.js';
import type { NumberColumns } from '../number-columns.js';
import type { RecordBatch } from '../record-batch.js';
import type { BatchCodec } from './batch-codec.js';
import { malformed } from './primitives.js';

/** Writes the values of a batch with their timestamps, and the keys of partial accumulators. Throws as {@link BatchCodec.encodeBatch}; part of it may have been written then. */
export function writeContents(batch: RecordBatch, codec: BatchCodec, writer: ByteWriter): void {
  if (batch.holdsNumbers && batch.length > 0) return codec.encodeNumbers(batch.numbers as NumberColumns, batch.length, batch.timestamps, writer);
  if (!batch.holdsPartials) return codec.encodeBatch(batch.values, 0, batch.length, batch.timestamps, writer);
  const { accumulators, keys } = codec.partials;
  accumulators.encodeBatch(batch.values, 0, batch.length, batch.timestamps, writer);
  const beside = batch.partialKeys();
  keys.encodeBatch(beside.values, 0, beside.length, beside.timestamps, writer);
}

/**
 * Reads what {@link writeContents} has written into an empty batch that has room for it. Throws as {@link BatchCodec.decodeBatch}. With `later` the bytes
 * stay as they are until the batch was worked off, so that records may be made when they are taken.
 */
export function readContents(reader: ByteReader, codec: BatchCodec, batch: RecordBatch, holdsPartials: boolean, later: boolean = false): void {
  batch.holdsPartials = holdsPartials;
  if (!holdsPartials) return later ? codec.openBatch(reader, batch) : codec.decodeBatch(reader, batch);
  const { accumulators, keys } = codec.partials;
  accumulators.decodeBatch(reader, batch);
  if (keys.peekLength(reader) !== batch.length) throw malformed('a batch of partial accumulators has not as many keys');
  keys.decodeBatch(reader, batch.partialKeys());
}
