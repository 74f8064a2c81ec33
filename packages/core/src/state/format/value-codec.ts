/** The codec of state values: the one place where state meets the codecs of `record/`. */
import { ByteReader, ByteWriter } from '../../base/bytes.js';
import type { Codec } from '../../record/codec/codec.js';
import { codecFor } from '../../record/codec/codec.js';
import type { TypeInfo } from '../../record/types/type-info.js';

/** Writes and reads the values of one type, one by one. */
export class ValueCodec {
  readonly type: TypeInfo;
  readonly #codec: Codec<unknown>;

  constructor(type: TypeInfo) {
    this.type = type;
    this.#codec = codecFor(type);
  }

  encode(value: unknown, writer: ByteWriter): void {
    this.#codec.encode(value, writer);
  }

  decode(reader: ByteReader): unknown {
    return this.#codec.decode(reader);
  }

  /** A value that shares nothing with the one given. */
  copy(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    scratch.reset();
    this.encode(value, scratch);
    return this.decode(new ByteReader(scratch.toBytes()));
  }
}

const scratch = new ByteWriter();
