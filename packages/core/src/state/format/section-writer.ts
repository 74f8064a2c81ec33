import { ByteWriter } from '../../base/bytes.js';
import type { SpillFile } from './spill-file.js';
import { TAG } from './tags.js';

/** Room a stream starts with: most key groups of most states are small. */
const FIRST_CAPACITY = 64;
/** What is expected beyond that makes the stream grow when it comes. */
const LARGEST_FIRST_CAPACITY = 1024 * 1024;
/** Bytes that are looked at in one go while a blob is put together. */
const PIECE_BYTES = 256 * 1024;

/** Where the streams of a snapshot go when they outgrow their buffers. */
export interface StreamSpill {
  readonly file: SpillFile;
  /** Bytes of a stream that stay in memory. */
  readonly bufferBytes: number;
}

/** Records one after the other. The namespace is written only where it differs from that of the record before. */
export class RecordStream {
  readonly bytes: ByteWriter;
  readonly #spill: StreamSpill | null;
  /** Offset and length of what lies in the spill file, in pairs. */
  readonly #spilled: number[];
  #spilledBytes: number;
  #start: number;
  #end: number;

  /** `expectedBytes` are made room for beforehand, as far as they stay in memory; in `memory` that is there already, if any is given. */
  constructor(spill: StreamSpill | null = null, expectedBytes: number = 0, memory: ByteWriter | undefined = undefined) {
    const capacity = Math.max(FIRST_CAPACITY, Math.min(expectedBytes, spill?.bufferBytes ?? LARGEST_FIRST_CAPACITY));
    this.bytes = memory ?? new ByteWriter(capacity);
    this.bytes.reset();
    this.bytes.ensure(capacity);
    this.#spill = spill;
    this.#spilled = [];
    this.#spilledBytes = 0;
    this.#start = 0;
    this.#end = 0;
  }

  /** Begins a record of the given namespace. */
  begin(tag: number, start: number, end: number): ByteWriter {
    const { bytes } = this;
    if (this.#spill !== null && bytes.length >= this.#spill.bufferBytes) this.#moveOut(this.#spill);
    if (start !== this.#start || end !== this.#end) {
      bytes.u8(TAG.namespace);
      bytes.f64(start);
      bytes.f64(end);
      this.#start = start;
      this.#end = end;
    }
    bytes.u8(tag);
    return bytes;
  }

  /** Bytes of all records. */
  get length(): number {
    return this.#spilledBytes + this.bytes.length;
  }

  /** Whether some of them lie in the spill file. */
  get isSpilled(): boolean {
    return this.#spilledBytes > 0;
  }

  /** All bytes in order, in pieces. Nothing may be written meanwhile. */
  *pieces(): Generator<Uint8Array> {
    for (let at = 0; at < this.#spilled.length; at += 2) {
      const offset = this.#spilled[at]!;
      const length = this.#spilled[at + 1]!;
      for (let from = 0; from < length; from += PIECE_BYTES) yield this.#spill!.file.read(offset + from, Math.min(PIECE_BYTES, length - from));
    }
    const rest = this.bytes.view();
    for (let from = 0; from < rest.length; from += PIECE_BYTES) yield rest.subarray(from, Math.min(rest.length, from + PIECE_BYTES));
  }

  #moveOut({ file }: StreamSpill): void {
    const { bytes } = this;
    this.#spilled.push(file.append(bytes.view()), bytes.length);
    this.#spilledBytes += bytes.length;
    bytes.reset();
  }
}

/** What one state writes for one key group: what is gone, and what is there. A reader takes the first before the second. */
export class SectionWriter {
  removed: RecordStream | null;
  readonly entries: RecordStream;
  readonly #spill: StreamSpill | null;

  /** `expectedBytes` of entries are made room for beforehand; `memory` is used again for them. */
  constructor(spill: StreamSpill | null = null, expectedBytes: number = 0, memory: ByteWriter | undefined = undefined) {
    this.removed = null;
    this.entries = new RecordStream(spill, expectedBytes, memory);
    this.#spill = spill;
  }

  /** The stream of removals, made when first needed. */
  removals(): RecordStream {
    return (this.removed ??= new RecordStream(this.#spill));
  }

  get isEmpty(): boolean {
    return this.removed === null && this.entries.length === 0;
  }

  /** Bytes of all records. */
  get length(): number {
    return this.entries.length + (this.removed?.length ?? 0);
  }

  /** Whether some of it lies in the spill file. */
  get isSpilled(): boolean {
    return this.entries.isSpilled || this.removed?.isSpilled === true;
  }
}
