import { SMALLEST_CENTS, WINDOW_MS } from './sales.mjs';

/** The pipeline as one would write it by hand for ascending times: the yardstick. */
export function handLoop(bids, take) {
  let end = -Infinity;
  /** @type {Map<number, { count: number, sum: number }>} */
  let totals = new Map();
  const fire = () => {
    for (const [user, { count, sum }] of totals) take({ user, end, count, sum });
    totals = new Map();
  };
  for (let i = 0; i < bids.length; i++) {
    const bid = bids[i];
    const sale = { user: bid.user, cents: bid.price + 100 };
    if (sale.cents < SMALLEST_CENTS) continue;
    if (bid.at >= end) {
      fire();
      end = Math.floor(bid.at / WINDOW_MS) * WINDOW_MS + WINDOW_MS;
    }
    let total = totals.get(sale.user);
    if (total === undefined) {
      total = { count: 0, sum: 0 };
      totals.set(sale.user, total);
    }
    total.count++;
    total.sum += sale.cents;
  }
  fire();
}

/**
 * The same loop, but the object that `map` makes really exists. In the loop above the compiler sees that nobody keeps it
 * and makes none, which it can do only where it sees the whole way of a record at once.
 */
export function handLoopWithRecords(bids, take) {
  const step = { sale: undefined };
  let end = -Infinity;
  let totals = new Map();
  const fire = () => {
    for (const [user, { count, sum }] of totals) take({ user, end, count, sum });
    totals = new Map();
  };
  for (let i = 0; i < bids.length; i++) {
    const bid = bids[i];
    const sale = { user: bid.user, cents: bid.price + 100 };
    step.sale = sale;
    if (sale.cents < SMALLEST_CENTS) continue;
    if (bid.at >= end) {
      fire();
      end = Math.floor(bid.at / WINDOW_MS) * WINDOW_MS + WINDOW_MS;
    }
    let total = totals.get(sale.user);
    if (total === undefined) {
      total = { count: 0, sum: 0 };
      totals.set(sale.user, total);
    }
    total.count++;
    total.sum += sale.cents;
  }
  fire();
}
