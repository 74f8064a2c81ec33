import { ByteReader, ByteWriter } from '../../base/bytes.js';
import { batchCodecFor, type BatchCodec } from '../../record/codec/batch-codec.js';
import { readContents, writeContents } from '../../record/codec/batch-contents.js';
import type { RecordBatch } from '../../record/record-batch.js';
import type { TypeInfo } from '../../record/types/type-info.js';
import type { BatchTransfer } from './local-channel.js';

const DYNAMIC: TypeInfo = Object.freeze({ kind: 'dynamic' });

/** The codec of a channel for records of a type; dynamic when it is not known. One for each end. */
export function channelCodec(type: TypeInfo | undefined): BatchCodec {
  return batchCodecFor(type ?? DYNAMIC);
}

/** Sends batches of records of a type (dynamic when it is not known) through the codec that threads use. */
export function codecTransfer(type: TypeInfo | undefined): BatchTransfer {
  return new CodecTransfer(channelCodec(type));
}

interface Packed {
  readonly bytes: Uint8Array;
  readonly watermark: number;
  readonly hasWatermark: boolean;
  readonly holdsPartials: boolean;
}

class CodecTransfer implements BatchTransfer {
  readonly #codec: BatchCodec;
  readonly #writer: ByteWriter;

  constructor(codec: BatchCodec) {
    this.#codec = codec;
    this.#writer = new ByteWriter();
  }

  pack(batch: RecordBatch): Packed {
    this.#writer.reset();
    writeContents(batch, this.#codec, this.#writer);
    const { watermark, hasWatermark, holdsPartials } = batch;
    return { bytes: this.#writer.toBytes(), watermark, hasWatermark, holdsPartials };
  }

  recordsHave(fields: readonly string[]): boolean {
    return this.#codec.recordsHave(fields);
  }

  sizeOf(packed: unknown): number {
    return (packed as Packed).bytes.length;
  }

  unpack(packed: unknown, into: RecordBatch): void {
    const { bytes, watermark, hasWatermark, holdsPartials } = packed as Packed;
    readContents(new ByteReader(bytes), this.#codec, into, holdsPartials);
    if (hasWatermark) into.setWatermark(watermark);
  }
}
