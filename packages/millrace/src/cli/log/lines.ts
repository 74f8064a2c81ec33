/** One line that was cut out of the input; its bytes are valid until the next one is asked for. */
export interface Line {
  readonly bytes: Uint8Array;
  /** From 1. */
  readonly number: number;
  /** It had more bytes than allowed, of which only the first are here. */
  readonly isTooLong: boolean;
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/**
 * Cuts chunks of bytes into lines, without their LF or CR LF. Holds no more than one line and one chunk, and of a line that
 * is longer than `maxBytes` no more than those.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  #parts: Uint8Array[];
  #held: number;
  #isTooLong: boolean;
  #number: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#parts = [];
    this.#held = 0;
    this.#isTooLong = false;
    this.#number = 0;
  }

  /** The lines that a chunk completes. */
  *chunk(chunk: Uint8Array): Generator<Line> {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      yield this.#line(chunk.subarray(from, end));
      from = end + 1;
    }
    if (from < chunk.length) this.#hold(chunk.subarray(from));
  }

  /** The last line, should it have no end. */
  *end(): Generator<Line> {
    if (this.#held > 0) yield this.#line(new Uint8Array(0));
  }

  #line(last: Uint8Array): Line {
    let bytes = last;
    if (this.#held > 0) {
      this.#hold(last);
      bytes = Buffer.concat(this.#parts);
    }
    if (bytes.at(-1) === CARRIAGE_RETURN) bytes = bytes.subarray(0, -1);
    const line = { bytes, number: ++this.#number, isTooLong: this.#isTooLong || bytes.length > this.#maxBytes };
    this.#parts = [];
    this.#held = 0;
    this.#isTooLong = false;
    return line;
  }

  #hold(part: Uint8Array): void {
    if (this.#held > this.#maxBytes) {
      this.#isTooLong = true;
      return;
    }
    // The chunk belongs to the stream, which may fill it anew.
    this.#parts.push(part.slice());
    this.#held += part.length;
  }
}
