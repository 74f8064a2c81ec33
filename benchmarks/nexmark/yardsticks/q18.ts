import { NexmarkGenerator } from '../generator/generator.js';
import { BID, type Bid } from '../model.js';
import { follows } from '../order.js';
import type { Yardstick } from './yardstick.js';

/** More auctions than there are: bidder and auction make one number. */
const AUCTIONS = 2 ** 26;

/** Query 18 by hand. */
export const y18: Yardstick = {
  name: 'q18',
  run(events, take) {
    const generator = new NexmarkGenerator();
    const last = new Map<number, Bid>();
    for (let n = 0; n < events; n++) {
      const event = generator.event(n);
      if (event.kind !== BID) continue;
      const { auction, bidder } = event;
      const pair = bidder * AUCTIONS + auction;
      const before = last.get(pair);
      if (before !== undefined && !follows(event, before)) continue;
      last.set(pair, event);
      take({ kind: before === undefined ? 'insert' : 'update', key: [bidder, auction], row: event });
    }
  },
};
