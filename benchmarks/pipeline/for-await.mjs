import { HandWindow } from './hand-window.mjs';
import { SMALLEST_CENTS } from './sales.mjs';

/** The pipeline with an async generator for each step. */
export async function withForAwait(bids, take) {
  const window = new HandWindow();
  for await (const sale of large(sold(offered(bids)))) window.add(sale)?.forEach(take);
  window.fire(0).forEach(take);
}

async function* offered(bids) {
  yield* bids;
}

async function* sold(bids) {
  for await (const bid of bids) yield { user: bid.user, cents: bid.price + 100, at: bid.at };
}

async function* large(sales) {
  for await (const sale of sales) if (sale.cents >= SMALLEST_CENTS) yield sale;
}
