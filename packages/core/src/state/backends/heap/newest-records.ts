import { assert } from '../../../base/assert.js';
import { ByteReader } from '../../../base/bytes.js';
import { DYNAMIC_TAG } from '../../../record/codec/dynamic-value.js';
import { hashOfUnits } from '../../../record/key-hash.js';
import type { BlobSection } from '../../format/key-group-blob.js';
import { nextRecord } from '../../format/next-record.js';
import type { SectionReaders } from '../../format/section-reader.js';
import { TAG } from '../../format/tags.js';
import { ValueCodec } from '../../format/value-codec.js';
import type { RestoredChain, RestoredSection, RestoredState } from './restored-state.js';

/** Words of a record: those below. */
const STRIDE = 8;
/** In which bytes it lies: the entries of a part have an odd number, its removals the even one before. */
const SOURCE = 0;
const HASH = 1;
/** Where its key begins. */
const KEY = 2;
/** Where the units of its key begin, and what stands before them: `2 * length + wide`. */
const UNITS = 3;
const HEADER = 4;
/** Where its value begins, REMOVED when the key is gone, and where that ends. */
const VALUE = 5;
const END = 6;

const REMOVED = -1;
/** Records, and cells for them, that there is room for at first. */
const SMALLEST = 64;
const FEWEST_CELLS = SMALLEST * 2;
/** After a key group with less than one record for so many cells its memory is not kept: to empty it would take longer than to read the next one. */
const SPARSE = 16;
/** Keys whose hashes lead to one place are compared one by one; when there are so many of them the caller takes the other way, which a `Map` serves. */
const LONGEST_WAY = 256;
/** Places in the bytes of a part are words of 32 bits. No blob is written that is larger (`KeyGroupTooLarge`). */
const MOST_BYTES = 0x7fffffff;
/** A longer header of a text has more than one byte. */
const LARGEST_BYTE = 0x7f;

/**
 * What counts of the records of one key group, over a base and its deltas, for states with one value for each key, keys that are texts, and no namespaces.
 *
 * The parts are read from the newest to the oldest, and of each key the first record counts that is met. Keys are hashed and compared where they lie, as bytes, and
 * found in a table of this key group alone, which stays in the cache: of what does not count no text is made, and no value where they are all of one size. What counts is put into
 * tables only once all parts are read, when it is known how much it is and that nothing of it is there yet.
 *
 * It is used for one key group after the other.
 */
export class NewestRecords {
  /** Records that were met first of their key, with those of keys that are gone. */
  count: number;
  /** How many of them are not gone. */
  live: number;
  /** The values of the records, in their order, where values are kept; of one that is gone something. */
  readonly values: unknown[];
  readonly #keepsValues: boolean;
  /** When each was last renewed, as far as a part with times has said it. */
  readonly #times: number[];
  readonly #sources: Uint8Array[];
  #records: Int32Array;
  /** The number of a record + 1, by the hash of its key. */
  #cells: Int32Array;
  /** The number of its cells is this + 1. */
  #mask: number;
  #isTimed: boolean;

  constructor(keepsValues: boolean) {
    this.count = 0;
    this.live = 0;
    this.values = [];
    this.#times = [];
    this.#keepsValues = keepsValues;
    this.#sources = [];
    this.#records = new Int32Array(SMALLEST * STRIDE);
    this.#cells = new Int32Array(FEWEST_CELLS);
    this.#mask = FEWEST_CELLS - 1;
    this.#isTimed = false;
  }

  /** Whether keys that these readers read may be texts, and are written alike in all parts. */
  static suits(readers: readonly SectionReaders[]): boolean {
    const first = readers[0]?.key;
    if (!(first instanceof ValueCodec) || (first.type.kind !== 'string' && first.type.kind !== 'dynamic')) return false;
    return readers.every(({ key }) => key instanceof ValueCodec && key.type.kind === first.type.kind);
  }

  /**
   * Reads a key group; false when a key is no text, too many of them have one hash, or a part has more than 2 GB: then nothing of it is of use. Each part is read by the readers with its number.
   * Throws as `RestoredState.read`.
   */
  read(restored: RestoredState, chain: RestoredChain, readers: readonly SectionReaders[]): boolean {
    assert(this.#sources.length === 0, 'what was read before is cleared');
    for (let part = 0; part < chain.length; part++) this.#sources.push(NOTHING, NOTHING);
    for (let part = chain.length - 1; part >= 0; part--) if (!this.#part(restored, chain[part]!, part, readers[part]!)) return false;
    return true;
  }

  /** Forgets all records, and keeps the memory if much of it was used. To be called behind each key group. */
  clear(): void {
    if (this.capacity > FEWEST_CELLS && this.count * SPARSE < this.capacity) {
      this.#records = new Int32Array(SMALLEST * STRIDE);
      this.#cells = new Int32Array(FEWEST_CELLS);
      this.#mask = FEWEST_CELLS - 1;
    } else {
      this.#cells.fill(0);
    }
    this.count = 0;
    this.live = 0;
    this.values.length = 0;
    this.#times.length = 0;
    this.#isTimed = false;
    this.#sources.length = 0;
  }

  /** How many cells it has. */
  get capacity(): number {
    return this.#cells.length;
  }

  /** Whether the key of a record is gone. */
  isGone(record: number): boolean {
    return this.#records[record * STRIDE + VALUE] === REMOVED;
  }

  /** The hash of a record's key. */
  hashOf(record: number): number {
    return this.#records[record * STRIDE + HASH]!;
  }

  /** When a record was last renewed; NaN where nothing is said of it. */
  timeOf(record: number): number {
    return this.#isTimed ? (this.#times[record] ?? NaN) : NaN;
  }

  /** The bytes that a record lies in. */
  bytesOf(record: number): Uint8Array {
    return this.#sources[this.#records[record * STRIDE + SOURCE]!]!;
  }

  /** Where a record's key begins in its bytes; `toValue` and `toEnd` go on from there. */
  keyStart(record: number): number {
    return this.#records[record * STRIDE + KEY]!;
  }

  /** Where the units of a record's key begin, of which each has a byte, or two if it is wide. */
  unitsStart(record: number): number {
    return this.#records[record * STRIDE + UNITS]!;
  }

  /** How many units the key has, times two, and one more if they are wide. */
  header(record: number): number {
    return this.#records[record * STRIDE + HEADER]!;
  }

  /** Where a record's key ends. */
  keyEnd(record: number): number {
    return unitsEnd(this.unitsStart(record), this.header(record));
  }

  /** Where a record's value begins. */
  valueStart(record: number): number {
    return this.#records[record * STRIDE + VALUE]!;
  }

  /** Where a record's value ends. */
  valueEnd(record: number): number {
    return this.#records[record * STRIDE + END]!;
  }

  #part(restored: RestoredState, section: RestoredSection, part: number, readers: SectionReaders): boolean {
    let suits = true;
    restored.apply(section, (loaded) => {
      const isSmall = loaded.entries.length <= MOST_BYTES && loaded.removed.length <= MOST_BYTES;
      suits = isSmall && this.#entries(loaded, part, readers) && (part === 0 || this.#removals(loaded, part, readers));
    });
    return suits;
  }

  /** The entries of a part; false when a key does not suit. */
  #entries(section: BlobSection, part: number, { key, value }: SectionReaders): boolean {
    const source = part * 2 + 1;
    const bytes = section.entries;
    const tagged = (key as ValueCodec).type.kind === 'dynamic';
    const timeBytes = section.state.ttl === null ? 0 : 8;
    const valueBytes = value instanceof ValueCodec ? value.fixedBytes : -1;
    const reader = new ByteReader(bytes);
    if (timeBytes > 0) this.#isTimed = true;
    this.#sources[source] = bytes;
    for (let at = nextRecord(bytes, 0, TAG.value); at >= 0; at = nextRecord(bytes, reader.position, TAG.value)) {
      const known = this.#find(reader, bytes, at, tagged);
      if (known === UNSUITED) return false;
      // What a newer part has set or removed it has settled. Within a part the last one counts.
      const isSettled = known < this.count && this.#records[known * STRIDE + SOURCE] !== source;
      const time = timeBytes === 0 ? NaN : reader.f64();
      const start = reader.position;
      if (isSettled) {
        if (valueBytes < 0) value.decode(reader);
        else reader.skip(valueBytes);
        continue;
      }
      if (this.#keepsValues || valueBytes < 0) {
        const decoded = value.decode(reader);
        if (this.#keepsValues) this.values[known] = decoded;
      } else {
        reader.skip(valueBytes);
      }
      if (this.#isTimed) this.#times[known] = time;
      this.#settle(known, source, start, reader.position);
    }
    return true;
  }

  /** The removals of a part: what it removes was there before its own entries. False when a key does not suit. */
  #removals(section: BlobSection, part: number, { key }: SectionReaders): boolean {
    const bytes = section.removed;
    const tagged = (key as ValueCodec).type.kind === 'dynamic';
    const reader = new ByteReader(bytes);
    this.#sources[part * 2] = bytes;
    for (let at = nextRecord(bytes, 0, TAG.removeKey); at >= 0; at = nextRecord(bytes, reader.position, TAG.removeKey)) {
      const known = this.#find(reader, bytes, at, tagged);
      if (known === UNSUITED) return false;
      if (known < this.count) continue;
      if (this.#keepsValues) this.values[known] = undefined;
      if (this.#isTimed) this.#times[known] = NaN;
      this.#settle(known, part * 2, REMOVED, REMOVED);
    }
    return true;
  }

  /**
   * The number of the record with the same key as the one at `at`, or the next free number, at which the key is noted; UNSUITED when it is no text or its hash is too common. The
   * reader stands behind the key then.
   */
  #find(reader: ByteReader, bytes: Uint8Array, at: number, tagged: boolean): number {
    if (tagged && bytes[at] !== DYNAMIC_TAG.string) return UNSUITED;
    reader.position = tagged ? at + 1 : at;
    const header = readHeader(reader, bytes);
    const units = reader.position;
    reader.skip(unitsEnd(0, header));
    if ((header & 1) !== 0 && !hasWideUnit(bytes, units, reader.position)) return UNSUITED;
    const hash = hashOfUnits(bytes, units, header >>> 1, (header & 1) !== 0);
    const records = this.#records;
    const cells = this.#cells;
    const mask = this.#mask;
    for (let cell = spread(hash) & mask, left = LONGEST_WAY; left > 0; cell = (cell + 1) & mask, left--) {
      const record = cells[cell]! - 1;
      if (record < 0) {
        cells[cell] = this.count + 1;
        this.#note(hash, at, units, header);
        return this.count;
      }
      const word = record * STRIDE;
      if (records[word + HASH] !== hash || records[word + HEADER] !== header) continue;
      if (equalBytes(bytes, units, this.#sources[records[word + SOURCE]!]!, records[word + UNITS]!, unitsEnd(0, header))) return record;
    }
    return UNSUITED;
  }

  /** Notes the key of a record that comes behind all others; `settle` counts it. */
  #note(hash: number, key: number, units: number, header: number): void {
    const word = this.count * STRIDE;
    const records = this.#records;
    records[word + HASH] = hash;
    records[word + KEY] = key;
    records[word + UNITS] = units;
    records[word + HEADER] = header;
  }

  #settle(record: number, source: number, start: number, end: number): void {
    const word = record * STRIDE;
    const records = this.#records;
    records[word + SOURCE] = source;
    records[word + VALUE] = start;
    records[word + END] = end;
    if (record < this.count) return;
    this.count++;
    if (start !== REMOVED) this.live++;
    if ((this.count + 1) * STRIDE > records.length) this.#grow();
  }

  #grow(): void {
    const records = new Int32Array(this.#records.length * 2);
    records.set(this.#records);
    this.#records = records;
    const mask = this.#mask * 2 + 1;
    const cells = new Int32Array(mask + 1);
    for (let record = 0; record < this.count; record++) {
      let cell = spread(records[record * STRIDE + HASH]!) & mask;
      while (cells[cell] !== 0) cell = (cell + 1) & mask;
      cells[cell] = record + 1;
    }
    this.#cells = cells;
    this.#mask = mask;
  }
}

const NOTHING = new Uint8Array(0);
/** A record that does not suit. */
const UNSUITED = -1;

/** The records of a key group have hashes that are alike in the bits that chose it. */
function spread(hash: number): number {
  return Math.imul(hash, 0x9e3779b1) >>> 8;
}

/** A text without one is written with a byte for each unit, so that equal texts have equal bytes. */
function hasWideUnit(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start + 1; at < end; at += 2) if (bytes[at] !== 0) return true;
  return false;
}

function unitsEnd(start: number, header: number): number {
  return start + ((header >>> 1) << (header & 1));
}

function readHeader(reader: ByteReader, bytes: Uint8Array): number {
  const first = bytes[reader.position]!;
  if (first > LARGEST_BYTE || first === undefined) return reader.varint32();
  reader.position++;
  return first;
}

function equalBytes(left: Uint8Array, leftAt: number, right: Uint8Array, rightAt: number, count: number): boolean {
  for (let at = 0; at < count; at++) if (left[leftAt + at] !== right[rightAt + at]) return false;
  return true;
}
