/**
 * What a reader's `available()` waits on: `wait` resolves at the next `wake`. A wake without a waiter is remembered, so
 * that none is lost between a `poll` that found nothing and the wait that follows.
 */
export class WakeUp {
  #pending: boolean;
  #promise: Promise<void> | undefined;
  #resolve: (() => void) | undefined;

  constructor() {
    this.#pending = false;
    this.#promise = undefined;
    this.#resolve = undefined;
  }

  /** Forgets a remembered wake. Called at the start of a poll: what it told is looked at now. */
  clear(): void {
    this.#pending = false;
  }

  /** Lets the waiter go on, or the next one at once. */
  wake(): void {
    const resolve = this.#resolve;
    if (resolve === undefined) {
      this.#pending = true;
      return;
    }
    this.#promise = undefined;
    this.#resolve = undefined;
    resolve();
  }

  /** Resolves at the next wake, or at once when one was remembered. */
  wait(): Promise<void> {
    if (this.#pending) {
      this.#pending = false;
      return Promise.resolve();
    }
    this.#promise ??= new Promise((resolve) => {
      this.#resolve = resolve;
    });
    return this.#promise;
  }
}
