/** A rate covers at least so long, so that two readers in a row do not see noise. */
const WINDOW_MS = 1000;

/**
 * Rates per second of totals that grow, over the time between two readings that lie a second or more apart. Nothing is
 * done between readings.
 */
export class Rates {
  #windowFrom: number;
  #totals: readonly number[];
  #perSecond: readonly number[] | undefined;

  /** All totals are 0 at `now`. */
  constructor(now: number) {
    this.#windowFrom = now;
    this.#totals = [];
    this.#perSecond = undefined;
  }

  /** Growth per second of each total, given in the same order every time. Before the first second is over it counts from the start. */
  read(totals: readonly number[], now: number): readonly number[] {
    const passed = now - this.#windowFrom;
    if (passed >= WINDOW_MS || this.#perSecond === undefined) {
      const rates = totals.map((total, index) => (passed <= 0 ? 0 : ((total - (this.#totals[index] ?? 0)) * 1000) / passed));
      if (passed < WINDOW_MS) return rates;
      this.#perSecond = rates;
      this.#totals = totals;
      this.#windowFrom = now;
    }
    return this.#perSecond;
  }
}
