import { assert } from '../../../base/assert.js';
import { ByteReader, ByteWriter } from '../../../base/bytes.js';
import { crc32c } from '../../../base/crc32c.js';
import type { FileHandle } from '../../../base/platform-files.js';
import { WorkingStateDamaged } from '../../errors.js';
import type { ReadAhead } from './read-ahead.js';
import type { WorkingDirectory } from '../heap/working-directory.js';

/** Bytes before a record's key: checksum, length, owner, slot, length of the key; u32 each. */
export const HEADER_BYTES = 20;
const LENGTH_AT = 4;
const OWNER_AT = 8;
const SLOT_AT = 12;
const KEY_LENGTH_AT = 16;
/** The tail goes to its file in pieces of this size, so that sealing it does not wait for all of it. */
const FLUSH_BYTES = 256 * 1024;
const SMALLEST_TAIL = 16 * 1024;
/** Segments that are open for reading at once; beyond that the one that was opened first is closed. */
const OPEN_LIMIT = 256;
/** Records up to this size are read into buffers that stay. */
const LARGEST_CLASS_BITS = 16;
const SMALLEST_CLASS_BITS = 7;
/** Up to so many bytes are copied one by one. */
const LOOPED_BYTES = 64;

/** A part of an array of bytes: from `start` up to `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Whoever the records of the log belong to: asked by compaction whether a record still counts. */
export interface RecordOwner {
  /** Whether the record at this place is the current one of a slot. */
  isAt(slot: number, segment: number, offset: number): boolean;
  /** The record of a slot lies elsewhere now. */
  moved(slot: number, segment: number, offset: number): void;
}

/** One file of the log. */
export interface Segment {
  readonly id: number;
  /** Empty until something is written to the file. */
  path: string;
  handle: FileHandle | null;
  size: number;
  /** Bytes of records that still count. */
  live: number;
}

/** Where a log lives. */
export interface SegmentLogOptions {
  readonly directory: WorkingDirectory;
  readonly segmentBytes: number;
  /** For messages. */
  readonly operator: string;
}

/**
 * Records in append-only segments: the newest in memory (the tail), the others in files of their own. It knows nothing
 * of keys; it counts how much of each segment is still of use. It is a working set: nothing is ever forced to disk, and
 * a record is found only through the index in memory.
 *
 * A record is written by `begin`, `keyEnds`, `commit`; after `read` its bytes lie in `bytes` from `start` on.
 */
export class SegmentLog {
  /** After `read`: what holds the record. Valid until the next read or commit. */
  bytes: Uint8Array;
  /** After `read`: where the record begins in `bytes`. */
  start: number;
  /** After `read`: a reader that stands at the record's key. */
  reader: ByteReader;
  /** After `commit` or `copy`: where the record lies. */
  segment: number;
  offset: number;
  length: number;
  liveBytes: number;
  totalBytes: number;
  readonly #options: SegmentLogOptions;
  readonly #scratch: ByteWriter;
  readonly #segments: (Segment | undefined)[];
  readonly #freeIds: number[];
  readonly #open: Set<Segment>;
  readonly #readers: { readonly bytes: Uint8Array; readonly reader: ByteReader }[];
  readonly #fill: (segment: Segment, into: Uint8Array, offset: number) => number;
  #tail: Uint8Array;
  #tailReader: ByteReader;
  #current: Segment;
  #flushed: number;
  #keyLength: number;
  #serial: number;

  constructor(options: SegmentLogOptions) {
    this.#options = options;
    this.#scratch = new ByteWriter(1024);
    this.#segments = [];
    this.#freeIds = [];
    this.#open = new Set();
    this.#readers = [];
    this.#fill = (segment, into, offset) => this.fill(segment, into, offset);
    for (let bits = SMALLEST_CLASS_BITS; bits <= LARGEST_CLASS_BITS; bits++) {
      const bytes = new Uint8Array(bits <= SMALLEST_CLASS_BITS + 3 ? 1 << bits : 0);
      this.#readers.push({ bytes, reader: new ByteReader(bytes) });
    }
    this.#tail = new Uint8Array(Math.min(SMALLEST_TAIL, options.segmentBytes));
    this.#tailReader = new ByteReader(this.#tail);
    this.bytes = this.#tail;
    this.start = 0;
    this.reader = this.#tailReader;
    this.segment = 0;
    this.offset = 0;
    this.length = 0;
    this.liveBytes = 0;
    this.totalBytes = 0;
    this.#flushed = 0;
    this.#keyLength = 0;
    this.#serial = 0;
    this.#current = this.#newSegment();
  }

  /** Starts a record: its key is to be written, then `keyEnds` called, then its value written. */
  begin(): ByteWriter {
    const writer = this.#scratch;
    writer.reset();
    writer.ensure(HEADER_BYTES);
    for (let at = 0; at < HEADER_BYTES; at += 4) writer.u32(0);
    return writer;
  }

  /** The key of the record is written. */
  keyEnds(): void {
    this.#keyLength = this.#scratch.length - HEADER_BYTES;
  }

  /** Ends the record; its place is in `segment`, `offset` and `length`. */
  commit(owner: number, slot: number): void {
    const writer = this.#scratch;
    writer.patchU32(LENGTH_AT, writer.length);
    writer.patchU32(OWNER_AT, owner);
    writer.patchU32(SLOT_AT, slot);
    writer.patchU32(KEY_LENGTH_AT, this.#keyLength);
    const { length } = writer;
    const at = this.#makeRoom(length);
    writer.copyTo(this.#tail, at);
    // Over the tail, not the writer: every checksum is then taken over arrays of one kind.
    const checksum = crc32c(this.#tail, 0, at + LENGTH_AT, at + length);
    for (let byte = 0; byte < LENGTH_AT; byte++) this.#tail[at + byte] = checksum >>> (byte * 8);
    this.#grow(length);
  }

  /** Appends a record of which key and value are there as bytes; as `begin` to `commit`. */
  put(owner: number, slot: number, source: Uint8Array, key: ByteRange, value: ByteRange): void {
    const keyLength = key.end - key.start;
    const length = HEADER_BYTES + keyLength + value.end - value.start;
    const at = this.#makeRoom(length);
    const tail = this.#tail;
    putU32(tail, at + LENGTH_AT, length);
    putU32(tail, at + OWNER_AT, owner);
    putU32(tail, at + SLOT_AT, slot);
    putU32(tail, at + KEY_LENGTH_AT, keyLength);
    copyRange(source, key, tail, at + HEADER_BYTES);
    copyRange(source, value, tail, at + HEADER_BYTES + keyLength);
    putU32(tail, at, crc32c(tail, 0, at + LENGTH_AT, at + length));
    this.#grow(length);
  }

  /** Appends a whole record, header and all. */
  copy(bytes: Uint8Array): void {
    // The room may be in another tail, so it is made first.
    const at = this.#makeRoom(bytes.length);
    this.#tail.set(bytes, at);
    this.#grow(bytes.length);
  }

  /** Makes room for a record in the tail; returns where it begins. */
  #makeRoom(length: number): number {
    if (this.#current.size > 0 && this.#current.size + length > this.#options.segmentBytes) this.#seal();
    const { size } = this.#current;
    if (size + length > this.#tail.length) this.#growTail(size + length);
    return size;
  }

  /** A record was put at the end of the tail. */
  #grow(length: number): void {
    const current = this.#current;
    this.segment = current.id;
    this.offset = current.size;
    this.length = length;
    current.size += length;
    current.live += length;
    this.liveBytes += length;
    this.totalBytes += length;
    if (current.size - this.#flushed >= FLUSH_BYTES) this.#flush();
  }

  /** Reads a record; see `bytes`, `start` and `reader`. Its checksum is compared. */
  read(id: number, offset: number, length: number): void {
    if (id === this.#current.id) {
      this.bytes = this.#tail;
      this.start = offset;
      this.reader = this.#tailReader;
    } else {
      this.#readFile(this.#segments[id]!, offset, length);
    }
    this.reader.position = this.start + HEADER_BYTES;
    this.reader.end = this.start + length;
  }

  /** As `read`, for whoever reads many records in about the order in which they were written. */
  readInOrder(id: number, offset: number, length: number, ahead: ReadAhead<Segment>): void {
    const segment = this.#segments[id]!;
    const at = segment === this.#current ? -1 : ahead.find(segment, offset, length, this.#fill);
    if (at < 0) {
      this.read(id, offset, length);
      return;
    }
    this.bytes = ahead.bytes;
    this.reader = ahead.reader;
    this.start = at;
    this.#verify(segment, offset, length);
    this.reader.position = at + HEADER_BYTES;
    this.reader.end = at + length;
  }

  /** After `read`: bytes of the record's key. */
  get keyLength(): number {
    return u32At(this.bytes, this.start + KEY_LENGTH_AT);
  }

  /** A record does not count any more. */
  release(id: number, length: number): void {
    const segment = this.#segments[id]!;
    segment.live -= length;
    this.liveBytes -= length;
    if (segment.live === 0 && segment !== this.#current) this.drop(segment);
  }

  /** The sealed segment with the largest share of garbage, if that is at least `share`. */
  worstSegment(share: number): Segment | undefined {
    let worst: Segment | undefined;
    let worstShare = share;
    for (const segment of this.#segments) {
      if (segment === undefined || segment === this.#current || segment.size === 0) continue;
      const garbage = 1 - segment.live / segment.size;
      if (garbage < worstShare) continue;
      worst = segment;
      worstShare = garbage;
    }
    return worst;
  }

  /** Whether a segment still exists. */
  holds(segment: Segment): boolean {
    return this.#segments[segment.id] === segment;
  }

  /** Fills a buffer from a sealed segment, as far as it reaches; returns how many bytes there are. */
  fill(segment: Segment, into: Uint8Array, offset: number): number {
    const handle = this.#handle(segment);
    let got = 0;
    while (got < into.length) {
      const more = handle.read(got === 0 ? into : into.subarray(got), offset + got);
      if (more === 0) break;
      got += more;
    }
    return got;
  }

  /** Removes a segment without live records. */
  drop(segment: Segment): void {
    assert(segment.live === 0, 'a segment is dropped when nothing in it counts');
    this.totalBytes -= segment.size;
    this.#segments[segment.id] = undefined;
    this.#freeIds.push(segment.id);
    this.#closeHandle(segment);
    this.#options.directory.files.unlink(segment.path);
  }

  /** The error for a record that is not what was written. */
  damaged(segment: Segment, offset: number, why: string): Error {
    return WorkingStateDamaged.error({
      what: `the working state of operator "${this.#options.operator}" cannot be read from "${segment.path}": ${why} at byte ${offset}`,
      where: { operator: this.#options.operator, file: segment.path },
    });
  }

  /** Closes all files. */
  close(): void {
    for (const segment of [...this.#open]) this.#closeHandle(segment);
  }

  #readFile(segment: Segment, offset: number, length: number): void {
    const sizeClass = Math.max(SMALLEST_CLASS_BITS, 32 - Math.clz32(length - 1));
    if (sizeClass > LARGEST_CLASS_BITS) {
      this.bytes = new Uint8Array(length);
      this.reader = new ByteReader(this.bytes);
    } else {
      const at = sizeClass - SMALLEST_CLASS_BITS;
      let room = this.#readers[at]!;
      if (room.bytes.length === 0) {
        const bytes = new Uint8Array(1 << sizeClass);
        room = { bytes, reader: new ByteReader(bytes) };
        this.#readers[at] = room;
      }
      this.bytes = room.bytes;
      this.reader = room.reader;
    }
    this.start = 0;
    let got = this.#handle(segment).read(this.bytes, offset);
    if (got < length) got = this.fill(segment, this.bytes, offset);
    if (got < length) throw this.damaged(segment, offset, `${length} bytes were expected, ${got} are there`);
    this.#verify(segment, offset, length);
  }

  #verify(segment: Segment, offset: number, length: number): void {
    const { bytes, start } = this;
    if (crc32c(bytes, 0, start + LENGTH_AT, start + length) !== u32At(bytes, start)) throw this.damaged(segment, offset, 'a checksum does not match');
  }

  #handle(segment: Segment): FileHandle {
    if (segment.handle !== null) return segment.handle;
    if (this.#open.size >= OPEN_LIMIT) for (const first of this.#open) if (first !== this.#current) { this.#closeHandle(first); break; }
    segment.handle = this.#options.directory.files.open(segment.path, 'readWrite');
    this.#open.add(segment);
    return segment.handle;
  }

  #closeHandle(segment: Segment): void {
    segment.handle?.close();
    segment.handle = null;
    this.#open.delete(segment);
  }

  #flush(): void {
    const current = this.#current;
    if (current.handle === null) {
      if (current.path === '') current.path = `${this.#options.directory.path}/${this.#serial++}.segment`;
      current.handle = this.#options.directory.files.open(current.path, 'readWriteCreate');
      this.#open.add(current);
    }
    current.handle.write(this.#tail.subarray(this.#flushed, current.size), this.#flushed);
    this.#flushed = current.size;
  }

  #seal(): void {
    if (this.#current.size > this.#flushed || this.#current.handle === null) this.#flush();
    const sealed = this.#current;
    this.#current = this.#newSegment();
    this.#flushed = 0;
    if (this.#tail.length > this.#options.segmentBytes) this.#setTail(new Uint8Array(this.#options.segmentBytes));
    if (sealed.live === 0) this.drop(sealed);
  }

  #newSegment(): Segment {
    const id = this.#freeIds.pop() ?? this.#segments.length;
    const segment: Segment = { id, path: '', handle: null, size: 0, live: 0 };
    this.#segments[id] = segment;
    return segment;
  }

  #growTail(needed: number): void {
    const { segmentBytes } = this.#options;
    const grown = new Uint8Array(Math.max(needed, Math.min(segmentBytes, this.#tail.length * 2)));
    grown.set(this.#tail);
    this.#setTail(grown);
  }

  #setTail(tail: Uint8Array): void {
    this.#tail = tail;
    this.#tailReader = new ByteReader(tail);
  }
}

function putU32(bytes: Uint8Array, at: number, value: number): void {
  for (let byte = 0; byte < 4; byte++) bytes[at + byte] = value >>> (byte * 8);
}

function copyRange(source: Uint8Array, { start, end }: ByteRange, target: Uint8Array, at: number): void {
  // A view and a native copy cost as much as a loop over this many bytes.
  if (end - start > LOOPED_BYTES) target.set(source.subarray(start, end), at);
  else for (let from = start, to = at; from < end; from++, to++) target[to] = source[from]!;
}

/** A u32 in a record's header. */
export function u32At(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
