import { ByteReader } from '../../../base/bytes.js';

/** So many bytes become one text, of which short ones are cut: a call into the runtime for each would take three times as long. */
const WINDOW_BYTES = 16 * 1024;
/** V8 copies what is cut from a text if it is shorter, and else keeps the whole one alive. */
const SHORT = 13;

const NOTHING = new Uint8Array(0);

/** Makes texts of bytes that are asked for about in the order in which they lie. */
export class TextWindow {
  #bytes: Uint8Array;
  readonly #reader: ByteReader;
  /** The text of the bytes from `#from` up to `#to`. */
  #text: string;
  #from: number;
  #to: number;

  constructor() {
    this.#bytes = NOTHING;
    this.#reader = new ByteReader(NOTHING);
    this.#text = '';
    this.#from = 0;
    this.#to = 0;
  }

  /** The text whose units begin at `start`, in memory of its own; `header` is twice their number, and one more if each has two bytes. The bytes are there. */
  textAt(bytes: Uint8Array, start: number, header: number): string {
    const length = header >>> 1;
    if (bytes !== this.#bytes) this.#moveTo(bytes);
    if ((header & 1) !== 0 || length >= SHORT) {
      this.#reader.position = start;
      return (header & 1) !== 0 ? this.#reader.utf16(length) : this.#reader.latin1(length);
    }
    if (start < this.#from || start + length > this.#to) this.#look(start);
    return this.#text.substring(start - this.#from, start - this.#from + length);
  }

  /** Forgets the bytes. */
  clear(): void {
    this.#moveTo(NOTHING);
  }

  #moveTo(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#reader.reset(bytes);
    this.#text = '';
    this.#from = 0;
    this.#to = 0;
  }

  #look(start: number): void {
    const count = Math.min(WINDOW_BYTES, this.#bytes.length - start);
    this.#reader.position = start;
    this.#text = this.#reader.latin1(count);
    this.#from = start;
    this.#to = start + count;
  }
}
