import { CompressedDataDamaged } from './platform-errors.js';
import type { GunzipStream } from './platform-digests.js';
import { gzipCrc32 } from './crc32c.js';
import { buildHuffman, FIXED_DISTANCES, FIXED_LITERALS, type Huffman } from './huffman.js';

/** How far back a copy may reach. */
const WINDOW = 32_768;
const LONGEST_COPY = 258;
/** What one `read` gives at most, less one copy: so a copy is never cut. */
const CHUNK = 65_536 - LONGEST_COPY;
/** A header carries a file name and a comment; longer ones are no honest file. */
const LONGEST_HEADER = 131_072;

const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12_289, 16_385, 24_577,
];
const DISTANCE_EXTRA = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
/** The order in which a dynamic block gives the lengths of its length codes. */
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/**
 * Unpacks gzip data synchronously. The runtime's own streaming unpacker answers on another thread, which a reader that
 * must know its offset, and a simulated run that must repeat, cannot use.
 */
export function createGunzipStream(): GunzipStream {
  return new Inflater();
}

/** What the next bytes are. `between` is after one member, before another or the end. */
type Mode = 'between' | 'block' | 'codes' | 'header' | 'stored' | 'trailer';

/**
 * Every step either completes or, when the input is short, puts the input back as it was and is tried again with more:
 * so no step has states inside.
 */
class Inflater implements GunzipStream {
  #mode: Mode;
  #input: Uint8Array;
  #at: number;
  /** Bits taken from the input and not used yet, low bits first, and how many. */
  #hold: number;
  #held: number;
  #short: boolean;
  #ended: boolean;
  /** At least the last 32 KiB, followed by what the present `read` makes. */
  readonly #window: Uint8Array;
  #out: number;
  #given: number;
  #summed: number;
  #memberStart: number;
  #memberBytes: number;
  #crc: number;
  #final: boolean;
  #storedLeft: number;
  #padded: boolean;
  #literals: Huffman;
  #distances: Huffman;

  constructor() {
    this.#mode = 'header';
    this.#input = new Uint8Array(0);
    this.#at = 0;
    this.#hold = 0;
    this.#held = 0;
    this.#short = false;
    this.#ended = false;
    this.#window = new Uint8Array(WINDOW + 4 * (CHUNK + LONGEST_COPY));
    this.#out = 0;
    this.#given = 0;
    this.#summed = 0;
    this.#memberStart = 0;
    this.#memberBytes = 0;
    this.#crc = 0;
    this.#final = false;
    this.#storedLeft = 0;
    this.#padded = false;
    this.#literals = FIXED_LITERALS;
    this.#distances = FIXED_DISTANCES;
  }

  feed(packed: Uint8Array): void {
    this.#unreadBytes();
    if (this.#at === this.#input.length) {
      this.#input = packed;
    } else {
      const rest = this.#input.subarray(this.#at);
      const joined = new Uint8Array(rest.length + packed.length);
      joined.set(rest);
      joined.set(packed, rest.length);
      this.#input = joined;
    }
    this.#at = 0;
  }

  end(): void {
    this.#ended = true;
  }

  read(): Uint8Array {
    this.#slide();
    while (this.#out - this.#given < CHUNK) {
      const at = this.#at;
      const hold = this.#hold;
      const held = this.#held;
      this.#short = false;
      this.#step();
      if (!this.#short) continue;
      if (this.#mode !== 'codes' && this.#mode !== 'stored' && this.#mode !== 'between') {
        this.#at = at;
        this.#hold = hold;
        this.#held = held;
      }
      break;
    }
    this.#sum();
    if (this.#out === this.#given && this.#ended && !(this.#mode === 'between' && this.#at === this.#input.length)) {
      throw damaged('they stop in the middle');
    }
    return this.#window.subarray(this.#given, this.#out);
  }

  #step(): void {
    switch (this.#mode) {
      case 'header':
        return this.#header();
      case 'block':
        return this.#block();
      case 'stored':
        return this.#stored();
      case 'codes':
        return this.#codes();
      case 'trailer':
        return this.#trailer();
      case 'between':
        return this.#between();
    }
  }

  #header(): void {
    const start = this.#at;
    const magic = this.#bits(16);
    const method = this.#bits(8);
    const flags = this.#bits(8);
    if (this.#short) return;
    if (magic !== 0x8b1f || method !== 8 || flags > 0x1f) throw damaged('they do not begin as gzip data do');
    for (let i = 0; i < 3; i++) this.#bits(16);
    if (flags & 4) {
      const extra = this.#bits(16);
      for (let i = 0; i < extra && !this.#short; i++) this.#bits(8);
    }
    if (flags & 8) this.#skipText();
    if (flags & 16) this.#skipText();
    if (flags & 2) this.#bits(16);
    if (this.#at - start > LONGEST_HEADER) throw damaged('their header does not end');
    if (this.#short) return;
    this.#memberStart = this.#out;
    this.#memberBytes = 0;
    this.#crc = 0;
    this.#mode = 'block';
  }

  #skipText(): void {
    while (this.#bits(8) !== 0 && !this.#short);
  }

  #block(): void {
    const final = this.#bits(1) === 1;
    const kind = this.#bits(2);
    if (this.#short) return;
    if (kind === 0) {
      this.#unreadBytes();
      this.#hold = 0;
      this.#held = 0;
      const length = this.#bits(16);
      const complement = this.#bits(16);
      if (this.#short) return;
      if ((length ^ complement) !== 0xffff) throw damaged('a stored block has a wrong length');
      this.#storedLeft = length;
    } else if (kind === 1) {
      this.#literals = FIXED_LITERALS;
      this.#distances = FIXED_DISTANCES;
    } else if (kind === 2) {
      this.#tables();
      if (this.#short) return;
    } else {
      throw damaged('a block is of no known kind');
    }
    this.#final = final;
    this.#mode = kind === 0 ? 'stored' : 'codes';
  }

  /** Reads the two code tables of a dynamic block. */
  #tables(): void {
    const literalCount = this.#bits(5) + 257;
    const distanceCount = this.#bits(5) + 1;
    const codeCount = this.#bits(4) + 4;
    if (literalCount > 286 || distanceCount > 30) throw damaged('a block has too many codes');
    const codeLengths = new Uint8Array(19);
    for (let i = 0; i < codeCount; i++) codeLengths[CODE_ORDER[i]!] = this.#bits(3);
    if (this.#short) return;
    const codes = buildHuffman(codeLengths) ?? failTable();
    const lengths = new Uint8Array(literalCount + distanceCount);
    let filled = 0;
    while (filled < lengths.length) {
      const symbol = this.#symbol(codes);
      const before = filled > 0 ? lengths[filled - 1]! : -1;
      let repeat = 1;
      let value = symbol;
      if (symbol >= 16) {
        repeat = symbol === 16 ? 3 + this.#bits(2) : symbol === 17 ? 3 + this.#bits(3) : 11 + this.#bits(7);
        value = symbol === 16 ? before : 0;
      }
      if (this.#short) return;
      if (value < 0 || filled + repeat > lengths.length) throw damaged('a block repeats a code length that is not there');
      lengths.fill(value, filled, filled + repeat);
      filled += repeat;
    }
    if (lengths[256] === 0) throw damaged('a block has no code for its end');
    this.#literals = buildHuffman(lengths.subarray(0, literalCount)) ?? failTable();
    this.#distances = buildHuffman(lengths.subarray(literalCount)) ?? failTable();
  }

  #stored(): void {
    const room = this.#given + CHUNK - this.#out;
    const count = Math.min(this.#storedLeft, room, this.#input.length - this.#at);
    this.#window.set(this.#input.subarray(this.#at, this.#at + count), this.#out);
    this.#at += count;
    this.#out += count;
    this.#storedLeft -= count;
    if (this.#storedLeft === 0) this.#mode = this.#final ? 'trailer' : 'block';
    else if (this.#at === this.#input.length) this.#short = true;
  }

  #codes(): void {
    const limit = this.#given + CHUNK;
    while (this.#out < limit) {
      const at = this.#at;
      const hold = this.#hold;
      const held = this.#held;
      const symbol = this.#symbol(this.#literals);
      if (!this.#short && symbol < 256) {
        this.#window[this.#out++] = symbol;
        continue;
      }
      if (!this.#short && symbol === 256) {
        this.#mode = this.#final ? 'trailer' : 'block';
        return;
      }
      if (!this.#short) this.#copy(symbol - 257);
      if (this.#short) {
        this.#at = at;
        this.#hold = hold;
        this.#held = held;
        return;
      }
    }
  }

  #copy(lengthSymbol: number): void {
    const lengthBase = LENGTH_BASE[lengthSymbol];
    if (lengthBase === undefined) throw damaged('a copy has no known length');
    const length = lengthBase + this.#bits(LENGTH_EXTRA[lengthSymbol]!);
    const distanceSymbol = this.#symbol(this.#distances);
    if (this.#short) return;
    const distanceBase = DISTANCE_BASE[distanceSymbol];
    if (distanceBase === undefined) throw damaged('a copy has no known distance');
    const distance = distanceBase + this.#bits(DISTANCE_EXTRA[distanceSymbol]!);
    if (this.#short) return;
    if (distance > this.#out - this.#memberStart) throw damaged('a copy reaches before the beginning');
    const window = this.#window;
    let to = this.#out;
    // Byte by byte: source and target overlap where a pattern is repeated.
    for (let from = to - distance, end = to + length; to < end; ) window[to++] = window[from++]!;
    this.#out = to;
  }

  #trailer(): void {
    this.#unreadBytes();
    this.#hold = 0;
    this.#held = 0;
    const crc = (this.#bits(16) | (this.#bits(16) << 16)) >>> 0;
    const size = (this.#bits(16) | (this.#bits(16) << 16)) >>> 0;
    if (this.#short) return;
    this.#sum();
    if (crc !== this.#crc || size !== this.#memberBytes % 2 ** 32) throw damaged('their checksum is another');
    this.#padded = false;
    this.#mode = 'between';
  }

  /** Another member may follow, or zeros up to the end of a block of a tape. */
  #between(): void {
    while (this.#at < this.#input.length && this.#input[this.#at] === 0) {
      this.#at++;
      this.#padded = true;
    }
    if (this.#at === this.#input.length) this.#short = true;
    else if (this.#padded || this.#input[this.#at] !== 0x1f) throw damaged('something else follows after their end');
    else this.#mode = 'header';
  }

  /** The next bits, 16 at most; 0 and the mark `short` where the input ends before. */
  #bits(count: number): number {
    while (this.#held < count) {
      if (this.#at === this.#input.length) {
        this.#short = true;
        return 0;
      }
      this.#hold |= this.#input[this.#at++]! << this.#held;
      this.#held += 8;
    }
    const value = this.#hold & ((1 << count) - 1);
    this.#hold >>>= count;
    this.#held -= count;
    return value;
  }

  #symbol(table: Huffman): number {
    while (this.#held < 15 && this.#at < this.#input.length) {
      this.#hold |= this.#input[this.#at++]! << this.#held;
      this.#held += 8;
    }
    const entry = table.entries[this.#hold & table.mask]!;
    const length = entry & 15;
    if (length === 0 && this.#held >= table.bits) throw damaged('a code has no meaning');
    if (length === 0 || length > this.#held) {
      this.#short = true;
      return 0;
    }
    this.#hold >>>= length;
    this.#held -= length;
    return entry >>> 4;
  }

  /** Gives whole bytes that are only held back to the input, so that fewer than eight bits stay. */
  #unreadBytes(): void {
    this.#at -= this.#held >> 3;
    this.#held &= 7;
    this.#hold &= (1 << this.#held) - 1;
  }

  /** Brings the last 32 KiB to the front of the window, when there is no room for another piece. */
  #slide(): void {
    const shift = this.#out - WINDOW;
    if (this.#out + CHUNK + LONGEST_COPY > this.#window.length) {
      this.#window.copyWithin(0, shift, this.#out);
      this.#out = WINDOW;
      this.#memberStart -= shift;
    }
    this.#given = this.#out;
    this.#summed = this.#out;
  }

  #sum(): void {
    this.#crc = gzipCrc32(this.#window, this.#crc, this.#summed, this.#out);
    this.#memberBytes += this.#out - this.#summed;
    this.#summed = this.#out;
  }
}

function damaged(why: string): Error {
  return CompressedDataDamaged.error({ what: `the data cannot be unpacked: ${why}` });
}

function failTable(): never {
  throw damaged('the code table of a block is impossible');
}
