import { ByteWriter } from '../../base/bytes.js';
import type { SpillFile } from './spill-file.js';
import { TAG } from './tags.js';

/** Room a stream starts with: most key groups of most states are small. */
const FIRST_CAPACITY = 64;
/** What is expected beyond that makes the stream grow when it comes. */
const LARGEST_FIRST_CAPACITY = 1024 * 1024;
/** Bytes that are looked at in one go while a blob is put together. */
const PIECE_BYTES = 256 * 1024;
/** Room of a block behind the length at which no other record is begun in it. */
const BLOCK_ROOM = 16 * 1024;

/** Where the streams of a snapshot go when they outgrow their buffers. */
export interface StreamSpill {
  readonly file: SpillFile;
  /** Bytes of a stream that lie in one buffer. */
  readonly bufferBytes: number;
  /** More such buffers, for all streams of the snapshot together; what is beyond them goes to the file. */
  readonly blocks: BlockMemory;
}

/** Buffers of one size for streams that are larger than one of them. Those that are given back are used again. */
export class BlockMemory {
  readonly #free: ByteWriter[];
  /** Blocks that may still be made. */
  #left: number;

  /** At most so many blocks at a time. */
  constructor(count: number) {
    this.#free = [];
    this.#left = count;
  }

  /** An empty block; undefined when all are in use. */
  take(bytes: number): ByteWriter | undefined {
    const free = this.#free.pop();
    if (free !== undefined || this.#left === 0) return free;
    this.#left--;
    return new ByteWriter(bytes);
  }

  /** Takes a block back. */
  give(block: ByteWriter): void {
    block.reset();
    this.#free.push(block);
  }
}

/** Records one after the other. The namespace is written only where it differs from that of the record before. */
export class RecordStream {
  /** Where records are written. */
  bytes: ByteWriter;
  readonly #spill: StreamSpill | null;
  /** Blocks that are full, in order, and what lies in them; null until there is one. */
  #full: ByteWriter[] | null;
  #fullBytes: number;
  /** Offset and length of what lies in the spill file, in pairs. */
  readonly #spilled: number[];
  #spilledBytes: number;
  #start: number;
  #end: number;

  /** `expectedBytes` are made room for beforehand, as far as they stay in memory; in `memory` that is there already, if any is given. */
  constructor(spill: StreamSpill | null = null, expectedBytes: number = 0, memory: ByteWriter | undefined = undefined) {
    const most = spill === null ? LARGEST_FIRST_CAPACITY : spill.bufferBytes + BLOCK_ROOM;
    const capacity = Math.max(FIRST_CAPACITY, Math.min(expectedBytes, most));
    this.bytes = memory ?? new ByteWriter(capacity);
    this.bytes.reset();
    this.bytes.ensure(capacity);
    this.#spill = spill;
    this.#full = null;
    this.#fullBytes = 0;
    this.#spilled = [];
    this.#spilledBytes = 0;
    this.#start = 0;
    this.#end = 0;
  }

  /** Begins a record of the given namespace. */
  begin(tag: number, start: number, end: number): ByteWriter {
    const { bytes } = this;
    if (this.#spill !== null && bytes.length >= this.#spill.bufferBytes) return this.#beginIn(this.#elsewhere(this.#spill), tag, start, end);
    return this.#beginIn(bytes, tag, start, end);
  }

  /** Adds records that say of what namespace they are; the last of them is of `namespace`. */
  append(records: Uint8Array, namespace: { readonly start: number; readonly end: number }): void {
    const bytes = this.#spill !== null && this.bytes.length >= this.#spill.bufferBytes ? this.#elsewhere(this.#spill) : this.bytes;
    bytes.bytes(records);
    this.#start = namespace.start;
    this.#end = namespace.end;
  }

  #beginIn(bytes: ByteWriter, tag: number, start: number, end: number): ByteWriter {
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
    return this.#spilledBytes + this.#fullBytes + this.bytes.length;
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
    for (const block of this.#full ?? []) yield* piecesOf(block);
    yield* piecesOf(this.bytes);
  }

  /** Gives up all that is written. */
  forget(): void {
    for (const block of this.#full ?? []) this.#spill!.blocks.give(block);
    this.#full = null;
    this.#fullBytes = 0;
  }

  /** Room for records in another block, or, when there is none, in this one, whose contents then go to the file. */
  #elsewhere({ bufferBytes, blocks, file }: StreamSpill): ByteWriter {
    const room = bufferBytes + BLOCK_ROOM;
    // One that grew far with a large record is not kept among the blocks, of which so many would take any amount of memory.
    const next = this.bytes.length > 2 * room ? undefined : blocks.take(room);
    if (next !== undefined) {
      (this.#full ??= []).push(this.bytes);
      this.#fullBytes += this.bytes.length;
      this.bytes = next;
    } else {
      for (const block of this.#full ?? []) this.#moveOut(block, file);
      this.forget();
      this.#moveOut(this.bytes, file);
      this.bytes.reset();
    }
    return this.bytes;
  }

  #moveOut(block: ByteWriter, file: SpillFile): void {
    this.#spilled.push(file.append(block.view()), block.length);
    this.#spilledBytes += block.length;
  }
}

function* piecesOf(block: ByteWriter): Generator<Uint8Array> {
  const bytes = block.view();
  if (bytes.length <= PIECE_BYTES) {
    if (bytes.length > 0) yield bytes;
    return;
  }
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) yield bytes.subarray(from, Math.min(bytes.length, from + PIECE_BYTES));
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

  /** Gives up all that is written; the memory of the entries can be used for another section. */
  forget(): ByteWriter {
    this.entries.forget();
    this.removed?.forget();
    return this.entries.bytes;
  }
}
