import { NexmarkGenerator } from '../generator/generator.js';
import { AUCTION, BID, type Bid } from '../model.js';
import type { Yardstick } from './yardstick.js';

interface Price {
  readonly from: number;
  readonly to: number;
  readonly category: number;
  highest: number;
}

/** Query 4 by hand. */
export const y04: Yardstick = {
  name: 'q4',
  run(events, take) {
    const generator = new NexmarkGenerator();
    const auctions = new Map<number, Price>();
    const early = new Map<number, Bid[]>();
    const sums = new Float64Array(16);
    const counts = new Int32Array(16);
    const apply = (auction: Price, bid: Bid): void => {
      if (bid.price <= auction.highest || bid.dateTime < auction.from || bid.dateTime > auction.to) return;
      const { category } = auction;
      const isNew = counts[category] === 0;
      if (auction.highest === 0) counts[category]!++;
      sums[category]! += bid.price - auction.highest;
      auction.highest = bid.price;
      take({ kind: isNew ? 'insert' : 'update', key: category, row: { category, average: sums[category]! / counts[category]! } });
    };
    for (let n = 0; n < events; n++) {
      const event = generator.event(n);
      if (event.kind === BID) {
        const auction = auctions.get(event.auction);
        if (auction !== undefined) apply(auction, event);
        else if (early.has(event.auction)) early.get(event.auction)!.push(event);
        else early.set(event.auction, [event]);
      } else if (event.kind === AUCTION) {
        const auction = { from: event.dateTime, to: event.expires, category: event.category, highest: 0 };
        auctions.set(event.id, auction);
        for (const bid of early.get(event.id) ?? []) apply(auction, bid);
        early.delete(event.id);
      }
    }
  },
};
