import { WINDOW_MS } from './sales.mjs';

/** Counts and sums by user and window, for libraries that have no windows of event time: as fast as by hand. */
export class HandWindow {
  constructor() {
    this.end = -Infinity;
    this.totals = new Map();
  }

  /** Takes a sale in; gives the rows of the window before it when that is over. */
  add(sale) {
    const rows = sale.at >= this.end ? this.fire(sale.at) : undefined;
    let total = this.totals.get(sale.user);
    if (total === undefined) {
      total = { count: 0, sum: 0 };
      this.totals.set(sale.user, total);
    }
    total.count++;
    total.sum += sale.cents;
    return rows;
  }

  /** The rows of the open window; the next one is that of `at`. */
  fire(at) {
    const rows = [];
    for (const [user, { count, sum }] of this.totals) rows.push({ user, end: this.end, count, sum });
    this.totals = new Map();
    this.end = Math.floor(at / WINDOW_MS) * WINDOW_MS + WINDOW_MS;
    return rows;
  }
}
