import { ByteReader } from '../../../base/bytes.js';

/** Bytes read at once where records follow one another. */
const AHEAD_BYTES = 64 * 1024;
/** A record so close behind the last one read promises that the next ones are close, too. */
const NEAR_BYTES = 4 * 1024;

/**
 * A piece of a segment kept for whoever reads records in about the order in which they were written, as a snapshot does:
 * one read of the file then serves hundreds of records.
 */
export class ReadAhead<Segment> {
  readonly bytes: Uint8Array;
  readonly reader: ByteReader;
  #segment: Segment | null;
  #start: number;
  #end: number;
  /** The segment of the last record that was asked for, and where the record ended. */
  #lastSegment: Segment | null;
  #lastEnd: number;

  constructor() {
    this.bytes = new Uint8Array(AHEAD_BYTES);
    this.reader = new ByteReader(this.bytes);
    this.#segment = null;
    this.#start = 0;
    this.#end = 0;
    this.#lastSegment = null;
    this.#lastEnd = 0;
  }

  /** Where in `bytes` a record lies, or -1; `fill` reads a piece of a sealed segment, and says how many bytes it got. */
  find(segment: Segment, offset: number, length: number, fill: (segment: Segment, into: Uint8Array, offset: number) => number): number {
    const near = segment === this.#lastSegment && offset >= this.#lastEnd && offset - this.#lastEnd < NEAR_BYTES;
    this.#lastSegment = segment;
    this.#lastEnd = offset + length;
    if (segment === this.#segment && offset >= this.#start && offset + length <= this.#end) return offset - this.#start;
    if (!near || length > AHEAD_BYTES) return -1;
    this.#segment = segment;
    this.#start = offset;
    this.#end = offset + fill(segment, this.bytes, offset);
    return offset + length <= this.#end ? 0 : -1;
  }
}
