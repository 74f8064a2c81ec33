/** More than this is sent at once, even within one turn of the loop. */
const LARGEST_MESSAGE = 64 * 1024;

/** Joins what is printed within one turn of the loop into few messages: a message per row would cost more than the row. */
export class PrintBuffer {
  readonly #send: (text: string) => void;
  readonly #soon: (then: () => void) => void;
  #text: string;
  #scheduled: boolean;

  /** `soon` runs a function after the current turn of the loop. */
  constructor(send: (text: string) => void, soon: (then: () => void) => void) {
    this.#send = send;
    this.#soon = soon;
    this.#text = '';
    this.#scheduled = false;
  }

  add(text: string): void {
    this.#text += text;
    if (this.#text.length >= LARGEST_MESSAGE) this.flush();
    if (this.#scheduled || this.#text === '') return;
    this.#scheduled = true;
    this.#soon(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  flush(): void {
    if (this.#text === '') return;
    const text = this.#text;
    this.#text = '';
    this.#send(text);
  }
}
