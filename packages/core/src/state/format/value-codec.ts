/** The codec of state values: the one place where state meets the codecs of `record/`. */
import { ByteReader, ByteWriter } from '../../base/bytes.js';
import type { Codec } from '../../record/codec/codec.js';
import { codecFor } from '../../record/codec/codec.js';
import { writeNumberInArray } from '../../record/codec/dynamic-value.js';
import { fixedSize } from '../../record/codec/fixed-size.js';
import type { TextBlock } from '../../record/codec/text-block.js';
import type { TextNotes } from '../../record/codec/text-notes.js';
import type { TypeInfo } from '../../record/types/type-info.js';
import type { StoredForm } from '../backend.js';

/** Writes and reads the values of one type, one by one. */
export class ValueCodec {
  readonly type: TypeInfo;
  /** How what is written differs from the values; undefined when it does not. */
  readonly form: StoredForm | undefined;
  /** Notes the texts of a value that will be encoded; null where that does not pay, or another value is what is written. */
  readonly noteTexts: TextNotes | null;
  /** How many bytes every value is written in; -1 when they differ. */
  readonly fixedBytes: number;
  readonly #codec: Codec<unknown>;
  /** Numbers are stored as {@link StoredForm.numbers} says. */
  readonly #hasNumbers: boolean;

  constructor(type: TypeInfo, form?: StoredForm) {
    this.type = type;
    this.form = form;
    this.#codec = codecFor(type);
    this.fixedBytes = fixedSize(type);
    this.#hasNumbers = form?.numbers === true && type.kind === 'dynamic';
    this.noteTexts = form === undefined ? this.#codec.noteTexts : null;
  }

  encode(value: unknown, writer: ByteWriter, texts: TextBlock | null = null): void {
    // Without the array being made, and by one function instead of five, which would all be compiled in the midst of the first snapshot.
    if (this.#hasNumbers && typeof value === 'number') writeNumberInArray(value, writer);
    else this.#codec.encode(this.form === undefined ? value : this.form.toStored(value), writer, texts);
  }

  decode(reader: ByteReader): unknown {
    const stored = this.#codec.decode(reader);
    return this.form === undefined ? stored : this.form.fromStored(stored);
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
