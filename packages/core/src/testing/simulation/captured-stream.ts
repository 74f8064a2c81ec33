import { decodeUtf8 } from '../../base/bytes.js';
import { OutputClosed } from '../../base/platform-errors.js';
import type { OutputStream, Timers } from '../../base/platform.js';

/** An output stream that keeps what was written, to be looked at by a test. */
export class CapturedStream implements OutputStream {
  /** Everything written so far. */
  text: string;
  isTerminal: boolean;
  columns: number;
  #closed: boolean;
  readonly #timers: Timers;

  constructor(timers: Timers) {
    this.text = '';
    this.isTerminal = false;
    this.columns = 80;
    this.#closed = false;
    this.#timers = timers;
  }

  /** The complete lines written so far. */
  get lines(): readonly string[] {
    return this.text.split('\n').slice(0, -1);
  }

  /** The reader goes away: every later write fails. */
  closeReader(): void {
    this.#closed = true;
  }

  write(data: string | Uint8Array, callback?: (error?: Error) => void): boolean {
    const failure = this.#closed ? OutputClosed.error({ what: 'nobody reads the captured stream any more' }) : undefined;
    if (failure === undefined) this.text += typeof data === 'string' ? data : decodeUtf8(data);
    if (callback !== undefined) this.#timers.immediate(() => callback(failure));
    return true;
  }

  flush(): Promise<void> {
    return this.#closed ? Promise.reject(OutputClosed.error({ what: 'nobody reads the captured stream any more' })) : Promise.resolve();
  }
}
