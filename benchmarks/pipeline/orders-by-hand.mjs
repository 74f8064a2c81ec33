import { closeSync, openSync, readSync } from 'node:fs';

export const WINDOW_MS = 600_000;
const BLOCK_BYTES = 1 << 18;

/** Order statistics as one would write them by hand: read a block, cut it at line ends, parse each line, add it up. */
export function ordersByHand(path, take) {
  const totals = new WindowTotals(take);
  const file = openSync(path, 'r');
  try {
    const decoder = new TextDecoder();
    const block = new Uint8Array(BLOCK_BYTES);
    let rest = '';
    for (let length = readSync(file, block); length > 0; length = readSync(file, block)) {
      const text = rest + decoder.decode(block.subarray(0, length), { stream: true });
      let from = 0;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
        totals.add(JSON.parse(text.slice(from, end)));
        from = end + 1;
      }
      rest = text.slice(from);
    }
    if (rest !== '') totals.add(JSON.parse(rest));
  } finally {
    closeSync(file);
  }
  totals.fire();
}

class WindowTotals {
  constructor(take) {
    this.take = take;
    this.end = -Infinity;
    this.totals = new Map();
  }

  add(order) {
    if (order.timestamp >= this.end) {
      this.fire();
      this.end = Math.floor(order.timestamp / WINDOW_MS) * WINDOW_MS + WINDOW_MS;
    }
    let total = this.totals.get(order.orderId);
    if (total === undefined) {
      total = { count: 0, cents: 0 };
      this.totals.set(order.orderId, total);
    }
    total.count++;
    total.cents += Math.round(order.amount * 100);
  }

  fire() {
    for (const [orderId, { count, cents }] of this.totals) this.take({ orderId, windowEnd: this.end, count, totalAmount: cents / 100 });
    this.totals = new Map();
  }
}
