import type { FrameCursor } from '@millrace/event-log';
import type { Terminal } from '../terminal.js';
import type { ReadLog } from './commands.js';
import { recordLine } from './record-json.js';

/** Bytes that are gathered before they are written. */
const CHUNK_BYTES = 64 * 1024;

/** Gathers records into chunks of output, and waits until whoever reads it has taken them. */
export class RecordOutput {
  /** Records without a value, which the plain form does not show. */
  withoutValue: number;
  /** Records that were shown. */
  shown: number;
  readonly #form: ReadLog['output'];
  readonly #terminal: Terminal;
  #chunk: Buffer;
  #length: number;

  constructor(form: ReadLog['output'], terminal: Terminal) {
    this.withoutValue = 0;
    this.shown = 0;
    this.#form = form;
    this.#terminal = terminal;
    this.#chunk = Buffer.allocUnsafe(CHUNK_BYTES * 2);
    this.#length = 0;
  }

  /** Whether so much is there that it should be written before more is added. */
  get isFull(): boolean {
    return this.#length >= CHUNK_BYTES;
  }

  /** Adds the record that a cursor stands on. */
  add(partition: number, cursor: FrameCursor): void {
    this.shown++;
    if (this.#form === 'json') {
      const { offset, timestamp } = cursor;
      const line = recordLine({ partition, offset, timestamp, key: cursor.key(), headers: cursor.headers(), value: cursor.value() });
      // A character takes three bytes of UTF-8 at the most.
      this.#ensure(line.length * 3);
      this.#length += this.#chunk.write(line, this.#length);
      return;
    }
    const { valueStart, valueLength, bytes } = cursor;
    if (valueLength < 0) {
      this.withoutValue++;
      return;
    }
    this.#ensure(valueLength + 1);
    this.#chunk.set(bytes.subarray(valueStart, valueStart + valueLength), this.#length);
    this.#length += valueLength;
    this.#chunk[this.#length++] = 10;
  }

  /** Writes what was gathered, and resolves when it was taken. */
  async flush(): Promise<void> {
    if (this.#length === 0) return;
    const chunk = this.#chunk.subarray(0, this.#length);
    await new Promise<void>((resolve) => this.#terminal.out(chunk, resolve));
    this.#length = 0;
    // One large record must not keep its memory for good.
    if (this.#chunk.length > CHUNK_BYTES * 16) this.#chunk = Buffer.allocUnsafe(CHUNK_BYTES * 2);
  }

  /** Says what the plain form has left out. */
  end(): void {
    if (this.withoutValue > 0) this.#terminal.note(`${this.withoutValue} records without a value (deleted keys) are not shown; --output json shows them`);
  }

  #ensure(bytes: number): void {
    if (this.#length + bytes <= this.#chunk.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#chunk.length * 2, this.#length + bytes));
    larger.set(this.#chunk.subarray(0, this.#length));
    this.#chunk = larger;
  }
}
