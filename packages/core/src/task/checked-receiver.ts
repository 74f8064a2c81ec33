import type { Receiver } from '../operators/operator.js';
import { deepFreeze } from '../record/check-mode.js';
import { explainUnsupported } from '../record/value-domain.js';

/**
 * Check mode: each emitted record must be made of what can travel between threads, and is frozen, so that changing it
 * afterwards is an error where it happens.
 */
export class CheckedReceiver implements Receiver {
  readonly #receiver: Receiver;

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
  }

  process(value: unknown): void {
    const unsupported = explainUnsupported(value);
    if (unsupported !== undefined) throw unsupported;
    deepFreeze(value);
    this.#receiver.process(value);
  }
}
