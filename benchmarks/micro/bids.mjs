import { generator } from '../pipeline/sales.mjs';
import { t } from './core.mjs';

export const BID = t.struct({ auction: t.number, bidder: t.number, price: t.number, channel: t.string, url: t.string, dateTime: t.number, extra: t.string });

/** Bids as the auction site makes them: numbers, a few repeated words and a text that differs. */
export function makeBids(count) {
  const random = generator(7);
  return Array.from({ length: count }, (_, i) => ({
    auction: 1000 + random(500), bidder: 1 + random(5_000), price: 100 + random(1_000_000), channel: `channel-${random(7)}`,
    url: `https://auctions.example/item/${random(500)}`, dateTime: 1_700_000_000_000 + i, extra: 'x'.repeat(30 + random(20)),
  }));
}
