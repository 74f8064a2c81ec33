import { NexmarkGenerator } from '../generator/generator.js';
import { AUCTION, BID, type Auction, type Bid } from '../model.js';
import { rowOf } from '../queries/q20.js';
import type { Yardstick } from './yardstick.js';

/** Query 20 by hand. */
export const y20: Yardstick = {
  name: 'q20',
  run(events, take) {
    const generator = new NexmarkGenerator();
    const auctions = new Map<number, Auction>();
    const waiting = new Map<number, Bid[]>();
    for (let n = 0; n < events; n++) {
      const event = generator.event(n);
      if (event.kind === BID) {
        const auction = auctions.get(event.auction);
        if (auction !== undefined) take(rowOf(event, auction));
        else if (waiting.has(event.auction)) waiting.get(event.auction)!.push(event);
        else waiting.set(event.auction, [event]);
      } else if (event.kind === AUCTION && event.category === 10) {
        auctions.set(event.id, event);
        for (const bid of waiting.get(event.id) ?? []) take(rowOf(bid, event));
        waiting.delete(event.id);
      }
    }
  },
};
