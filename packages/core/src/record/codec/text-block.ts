import { ByteWriter, isLatin1 } from '../../base/bytes.js';

/** Shorter texts are written faster letter by letter. */
export const SHORTEST_BLOCK_TEXT = 17;
/** What is longer is worth a native call of its own. */
const LONGEST_TEXT = 1024;
/** Texts that are made into bytes together. */
const MOST_TEXTS = 256;
/** Fewer are written one by one. */
const FEWEST_TEXTS = 4;
/** Bytes that are copied in one step, as two words. */
const STEP = 8;

/**
 * The texts of values that are about to be written, made into bytes in one native call: a call costs more than the letters of
 * most texts. Whoever writes many values of one type notes their texts first (`Codec.noteTexts`), calls `make`, and writes them
 * with this block; each text is then copied from here, as long as texts come in the order in which they were noted. Any other is
 * written by the caller as ever, so nothing is wrong when a value was changed or left out meanwhile.
 */
export class TextBlock {
  readonly #texts: string[];
  readonly #bytes: ByteWriter;
  /** The text that is expected next, and where its bytes lie. */
  #next: number;
  #from: number;
  /** The texts before it are made. */
  #made: number;

  constructor() {
    this.#texts = [];
    this.#bytes = new ByteWriter();
    this.#next = 0;
    this.#from = 0;
    this.#made = 0;
  }

  /** Whether it takes no more texts. */
  get isFull(): boolean {
    return this.#texts.length >= MOST_TEXTS;
  }

  /** Forgets all texts. */
  clear(): void {
    this.#texts.length = 0;
    this.#next = 0;
    this.#from = 0;
    this.#made = 0;
  }

  /** Adds a text that will be written. */
  note(text: string): void {
    if (text.length >= SHORTEST_BLOCK_TEXT && text.length <= LONGEST_TEXT && this.#texts.length < MOST_TEXTS) this.#texts.push(text);
  }

  /** Makes the bytes of all texts that were noted. */
  make(): void {
    const texts = this.#texts;
    const all = texts.length < FEWEST_TEXTS ? '' : texts.join('');
    // One wide letter makes all of them wide; then each is written by itself.
    if (all === '' || !isLatin1(all)) return this.clear();
    this.#bytes.reset();
    this.#bytes.latin1(all);
    this.#bytes.ensure(STEP);
    this.#made = texts.length;
  }

  /** Writes a text as `ByteWriter.string` does and says true, if it is the one that was noted next. */
  write(text: string, writer: ByteWriter): boolean {
    if (this.#next === this.#made || this.#texts[this.#next] !== text) return false;
    const { length } = text;
    // The header of one byte per unit.
    writer.varint53(length * 2);
    const target = writer.room(length + STEP);
    const source = this.#bytes.room(0);
    const to = writer.length;
    const from = this.#from;
    // What is copied beyond the text is overwritten by what comes next.
    for (let at = 0; at < length; at += STEP) {
      target.setInt32(to + at, source.getInt32(from + at, true), true);
      target.setInt32(to + at + 4, source.getInt32(from + at + 4, true), true);
    }
    writer.length = to + length;
    this.#from = from + length;
    this.#next++;
    return true;
  }
}
