import { ByteWriter } from '../../base/bytes.js';
import type { ByteSink } from '../../connector/format.js';

const FIRST_CAPACITY = 4096;

/**
 * What encoders write, until it goes to the disk. Text stays text and becomes bytes in one go: a call into native code for each
 * record would take longer than all else.
 */
export class GatheredOutput implements ByteSink {
  /** What comes before `text`. */
  readonly bytesBefore: ByteWriter;
  /** The text at the end that is no bytes yet. */
  text: string;

  constructor() {
    this.bytesBefore = new ByteWriter(FIRST_CAPACITY);
    this.text = '';
  }

  utf8(text: string): void {
    this.text += text;
  }

  bytes(bytes: Uint8Array): void {
    this.settled().bytes(bytes);
  }

  /** The number of bytes, if all text is ASCII; there are no fewer. */
  get lengthAtLeast(): number {
    return this.bytesBefore.length + this.text.length;
  }

  /** Everything as bytes. */
  settled(): ByteWriter {
    if (this.text !== '') {
      this.bytesBefore.utf8(this.text);
      this.text = '';
    }
    return this.bytesBefore;
  }

  /** Forgets what came after a moment when there were so many bytes, and this text behind them. */
  goBack(byteCount: number, text: string): void {
    this.bytesBefore.truncate(byteCount);
    this.text = text;
  }
}
