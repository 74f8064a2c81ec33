import type { Platform } from '../base/platform.js';
import { RateInvalid } from './errors.js';

/** Longest burst after a silence, in seconds of the rate. */
const LONGEST_BURST_SECONDS = 0.1;

/**
 * Holds a reader to its share of a rate in records per second. Records are handed out in chunks of a fixed size, so
 * where a batch ends depends on positions alone; only *when* it goes depends on time. What was missed in a silence is
 * caught up for a tenth of a second at most.
 */
export class Pacer {
  /** How many records one chunk has. */
  readonly chunk: number;
  readonly #platform: Platform;
  readonly #perMs: number;
  /** Records that may go now; grows with time. */
  #credit: number;
  #lastMs: number;

  constructor(platform: Platform, recordsPerSecond: number, parallelism: number) {
    const share = checkedRate(recordsPerSecond) / parallelism;
    this.#platform = platform;
    this.#perMs = share / 1000;
    this.chunk = Math.max(1, Math.min(1024, Math.floor(share / 50)));
    this.#credit = this.chunk;
    this.#lastMs = platform.clock.monotonicMs();
  }

  /** Whether a chunk may go now. */
  ready(): boolean {
    const now = this.#platform.clock.monotonicMs();
    const most = Math.max(this.chunk, this.#perMs * 1000 * LONGEST_BURST_SECONDS);
    this.#credit = Math.min(most, this.#credit + (now - this.#lastMs) * this.#perMs);
    this.#lastMs = now;
    return this.#credit >= this.chunk;
  }

  /** Takes off what went. */
  spend(records: number): void {
    this.#credit -= records;
  }

  /** After how long a chunk may go. */
  waitMs(): number {
    return Math.max(1, Math.ceil((this.chunk - this.#credit) / this.#perMs));
  }
}

/** The rate, or a coded error for what is none. */
export function checkedRate(recordsPerSecond: number): number {
  if (typeof recordsPerSecond === 'number' && recordsPerSecond > 0 && Number.isFinite(recordsPerSecond)) return recordsPerSecond;
  throw RateInvalid.error({ what: `the rate is ${String(recordsPerSecond)}` });
}
