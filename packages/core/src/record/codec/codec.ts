import type { ByteReader, ByteWriter } from '../../base/bytes.js';
import type { TypeInfo } from '../types/type-info.js';
import { explainUnsupported } from '../value-domain.js';
import { canGenerateCode } from './code-generation.js';
import { readDynamic, writeDynamic } from './dynamic-value.js';
import { explainMisfit } from './explain-misfit.js';
import { generateReader, generateWriter, type TypedReader, type TypedWriter } from './generated.js';
import { readTyped, writeTyped } from './interpreted.js';
import { MISFIT } from './misfit.js';
import type { TextBlock } from './text-block.js';
import { generateTextNotes, type TextNotes } from './text-notes.js';

/** Encodings by name; stored in manifests and frames. A name never changes its meaning. */
export type CodecId = 'declared/1' | 'dynamic/1';

/**
 * Writes and reads single values: state, committables, positions.
 *
 * Values of the value domain come back unchanged (`value-domain.ts`). The caller keeps what `encode` was given
 * unchanged until it returns; `decode` gives values that share no memory with the reader. Both are synchronous and may
 * be called any number of times; a codec keeps no state between two calls. Codecs of equal types are interchangeable.
 */
export interface Codec<T = unknown> {
  readonly id: CodecId;
  readonly type: TypeInfo<T>;
  /**
   * Writes one value. Throws `ValueNotSupported`, `ValueIsCyclic`, `ValueTooDeep` or (declared types)
   * `ValueNotOfType` with the path of the offender, and then leaves the writer as it was. The bytes are the same with
   * `texts` and without.
   */
  encode(value: T, writer: ByteWriter, texts?: TextBlock | null): void;
  /** Notes the texts of a value that will be written with this block; null where that does not make writing faster. */
  readonly noteTexts: TextNotes | null;
  /** Reads one value. Throws a coded error for bytes that no writer makes, and never hangs or allocates beyond them. */
  decode(reader: ByteReader): T;
}

/** How a codec is made. */
export interface CodecOptions {
  /** Whether functions are generated; by default where the runtime allows it. Both ways give the same bytes. */
  readonly generate?: boolean;
}

/** The codec of a type: the declared encoding, or the self-describing one for a dynamic type. */
export function codecFor<T>(type: TypeInfo<T>, options: CodecOptions = {}): Codec<T> {
  if (type.kind === 'dynamic') return new DynamicCodec(type);
  const generate = options.generate ?? canGenerateCode();
  return generate
    ? new DeclaredCodec(type, generateWriter(type), generateReader(type), generateTextNotes(type))
    : new DeclaredCodec(
        type,
        (value, writer) => writeTyped(type, value, writer),
        (reader) => readTyped(type, reader),
        null,
      );
}

class DynamicCodec<T> implements Codec<T> {
  readonly id = 'dynamic/1';
  readonly type: TypeInfo<T>;
  readonly noteTexts = null;

  constructor(type: TypeInfo<T>) {
    this.type = type;
  }

  encode(value: T, writer: ByteWriter): void {
    const start = writer.length;
    try {
      writeDynamic(value, writer, 0);
    } catch (error) {
      writer.truncate(start);
      throw error === MISFIT ? (explainUnsupported(value) ?? error) : error;
    }
  }

  decode(reader: ByteReader): T {
    return readDynamic(reader, 0) as T;
  }
}

class DeclaredCodec<T> implements Codec<T> {
  readonly id = 'declared/1';
  readonly type: TypeInfo<T>;
  readonly noteTexts: TextNotes | null;
  readonly #write: TypedWriter;
  readonly #read: TypedReader;

  constructor(type: TypeInfo<T>, write: TypedWriter, read: TypedReader, noteTexts: TextNotes | null) {
    this.type = type;
    this.noteTexts = noteTexts;
    this.#write = write;
    this.#read = read;
  }

  encode(value: T, writer: ByteWriter, texts: TextBlock | null = null): void {
    const start = writer.length;
    try {
      this.#write(value, writer, texts);
    } catch (error) {
      writer.truncate(start);
      throw error === MISFIT ? (explainMisfit(this.type, value, '$') ?? error) : error;
    }
  }

  decode(reader: ByteReader): T {
    return this.#read(reader) as T;
  }
}
