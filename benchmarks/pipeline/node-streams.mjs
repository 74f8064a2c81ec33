import { Readable } from 'node:stream';
import { HandWindow } from './hand-window.mjs';
import { SMALLEST_CENTS } from './sales.mjs';

/** The pipeline with the stream operators of Node. */
export async function withNodeStreams(bids, take) {
  const window = new HandWindow();
  await Readable.from(bids)
    .map((bid) => ({ user: bid.user, cents: bid.price + 100, at: bid.at }))
    .filter((sale) => sale.cents >= SMALLEST_CENTS)
    .forEach((sale) => window.add(sale)?.forEach(take));
  window.fire(0).forEach(take);
}
