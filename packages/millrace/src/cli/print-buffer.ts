/** Joins what is printed within one turn of the loop into one message: a message per row would cost more than the row. */
export class PrintBuffer {
  readonly #send: (text: string) => void;
  readonly #soon: (then: () => void) => void;
  #texts: string[];
  #scheduled: boolean;

  constructor(send: (text: string) => void, soon: (then: () => void) => void) {
    this.#send = send;
    this.#soon = soon;
    this.#texts = [];
    this.#scheduled = false;
  }

  add(text: string): void {
    this.#texts.push(text);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#soon(() => this.flush());
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#texts.length === 0) return;
    this.#send(this.#texts.join(''));
    this.#texts = [];
  }
}
