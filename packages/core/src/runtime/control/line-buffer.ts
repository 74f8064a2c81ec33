import { concatBytes, decodeUtf8 } from '../../base/bytes.js';

const NEWLINE = 10;

/** Cuts what comes from a socket into lines, and notices one that grows beyond its limit. */
export class LineBuffer {
  readonly #limit: number;
  #pieces: Uint8Array[];
  #length: number;

  /** `limit`: bytes of one line. */
  constructor(limit: number) {
    this.#limit = limit;
    this.#pieces = [];
    this.#length = 0;
  }

  /** Whether a line has begun and not ended. */
  get isWithinLine(): boolean {
    return this.#length > 0;
  }

  /** Gives out the lines that end in these bytes. False, and nothing more is taken, when one is too long. */
  add(bytes: Uint8Array, give: (line: string) => void): boolean {
    let from = 0;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, from);
      const piece = bytes.subarray(from, end === -1 ? bytes.length : end);
      if (this.#length + piece.length > this.#limit) return false;
      if (piece.length > 0) {
        this.#pieces.push(piece);
        this.#length += piece.length;
      }
      if (end === -1) return true;
      const line = decodeUtf8(concatBytes(this.#pieces));
      this.#pieces = [];
      this.#length = 0;
      if (line.trim() !== '') give(line);
      from = end + 1;
    }
  }
}
