import type { Receiver } from '../operators/operator.js';
import { deepFreeze } from '../record/check-mode.js';

/** Check mode: freezes each record as it is emitted, so that changing it afterwards is an error where it happens. */
export class CheckedReceiver implements Receiver {
  readonly #receiver: Receiver;

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
  }

  process(value: unknown): void {
    deepFreeze(value);
    this.#receiver.process(value);
  }
}
