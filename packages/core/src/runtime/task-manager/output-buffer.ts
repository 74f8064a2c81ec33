import { ByteReader, ByteWriter } from '../../base/bytes.js';
import { rowLine } from '../../base/json-line.js';
import { codecFor } from '../../record/codec/codec.js';
import type { FromTaskManager } from './messages.js';

const VALUES = codecFor<unknown>({ kind: 'dynamic' });

/** Output that has become so large is sent at once. */
const FULL_BYTES = 256 * 1024;

const PRINT = 0;
const PRINT_WITH_ROW = 1;
const ROW = 2;

/**
 * What is wanted of printed and collected values: printed texts and collected values; printed values beside their texts; or
 * lines of JSON instead of both, made where the values are, so that no value has to travel.
 */
export type OutputForm = 'text' | 'rows' | 'lines';

/** Gathers what is printed and collected within a turn into one message: a message per row would cost more than the row. */
export class OutputBuffer {
  readonly #writer: ByteWriter;
  readonly #form: OutputForm;
  readonly #send: (rows: Uint8Array<ArrayBuffer>) => void;
  readonly #soon: (then: () => void) => void;
  #isScheduled: boolean;

  constructor(form: OutputForm, send: (rows: Uint8Array<ArrayBuffer>) => void, soon: (then: () => void) => void) {
    this.#writer = new ByteWriter(4096);
    this.#form = form;
    this.#send = send;
    this.#soon = soon;
    this.#isScheduled = false;
  }

  print(text: string, row: unknown): void {
    if (this.#form !== 'rows') {
      this.#text(this.#form === 'text' ? text : rowLine('print', row ?? text.trimEnd(), text));
      return;
    }
    const start = this.#writer.length;
    this.#writer.u8(PRINT_WITH_ROW);
    this.#writer.string(text);
    try {
      VALUES.encode(row, this.#writer);
    } catch {
      // What has a text can be printed, whether it can travel or not.
      this.#writer.truncate(start);
      this.#writer.u8(PRINT);
      this.#writer.string(text);
    }
    this.#added();
  }

  /** Throws for a value that cannot travel. */
  row(channel: string, row: unknown): void {
    if (this.#form === 'lines') {
      this.#text(rowLine(channel, row));
      return;
    }
    const start = this.#writer.length;
    this.#writer.u8(ROW);
    this.#writer.string(channel);
    try {
      VALUES.encode(row, this.#writer);
    } catch (error) {
      this.#writer.truncate(start);
      throw error;
    }
    this.#added();
  }

  flush(): void {
    if (this.#writer.length === 0) return;
    this.#send(this.#writer.toBytes());
    this.#writer.reset();
  }

  #text(text: string): void {
    this.#writer.u8(PRINT);
    this.#writer.string(text);
    this.#added();
  }

  #added(): void {
    if (this.#writer.length >= FULL_BYTES) {
      this.flush();
      return;
    }
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#soon(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }
}

/** Gives the output in `rows` out again, in its order. */
export function readOutput(rows: Uint8Array, give: (message: Extract<FromTaskManager, { readonly kind: 'print' | 'row' }>) => void): void {
  const reader = new ByteReader(rows);
  while (reader.remaining > 0) {
    const kind = reader.u8();
    const text = reader.string();
    if (kind === ROW) give({ kind: 'row', channel: text, row: VALUES.decode(reader) });
    else give({ kind: 'print', text, row: kind === PRINT_WITH_ROW ? VALUES.decode(reader) : undefined });
  }
}
