import type { Mailbox } from '../operators/operator-context.js';

/**
 * The queue of everything that does not come with the input: timers, barriers of the coordinator, results of
 * asynchronous calls. Mail runs in order, between two records.
 */
export class TaskMailbox implements Mailbox {
  readonly #wake: () => void;
  #mails: (() => void)[];
  #closed: boolean;

  constructor(wake: () => void) {
    this.#wake = wake;
    this.#mails = [];
    this.#closed = false;
  }

  get isEmpty(): boolean {
    return this.#mails.length === 0;
  }

  post(mail: () => void): void {
    if (this.#closed) return;
    this.#mails.push(mail);
    this.#wake();
  }

  /** Runs what is there, as long as `mayContinue` says so. Mail posted meanwhile waits for the next call. */
  run(mayContinue: () => boolean): void {
    const mails = this.#mails;
    if (mails.length === 0) return;
    this.#mails = [];
    let done = 0;
    try {
      while (done < mails.length) {
        const mail = mails[done++] as () => void;
        mail();
        if (!mayContinue()) break;
      }
    } finally {
      if (done < mails.length) this.#mails = mails.slice(done).concat(this.#mails);
    }
  }

  /** Drops what is there and takes nothing more. */
  close(): void {
    this.#closed = true;
    this.#mails = [];
  }
}
