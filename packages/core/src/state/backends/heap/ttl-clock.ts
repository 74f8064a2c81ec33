import type { Clock } from '../../../base/platform.js';
import type { TimeToLive } from '../../declarations.js';

/** The two clocks of time to live. */
export class TtlClock {
  readonly #clock: Clock;
  /** The last finite watermark; -Infinity before the first. */
  #watermark: number;
  /** The first finite watermark: what entries count from that were written before any. */
  #firstWatermark: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#watermark = -Infinity;
    this.#firstWatermark = -Infinity;
  }

  /** Event time moves on. The final watermark does not count: it is an end, not a time at which everything is old. */
  advance(watermark: number): void {
    if (!Number.isFinite(watermark) || watermark <= this.#watermark) return;
    if (this.#watermark === -Infinity) this.#firstWatermark = watermark;
    this.#watermark = watermark;
  }

  /** The time an entry is stamped with. */
  now(ttl: TimeToLive): number {
    return ttl.domain === 'event' ? this.#watermark : this.#clock.now();
  }

  /** Whether an entry renewed at `time` is too old at `now`. */
  expired(ttl: TimeToLive, time: number, now: number): boolean {
    const renewed = time === -Infinity ? this.#firstWatermark : time;
    return renewed !== -Infinity && renewed + ttl.ttlMs <= now;
  }
}
