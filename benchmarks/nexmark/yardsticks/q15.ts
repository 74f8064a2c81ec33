import { dayOf } from '../calendar.js';
import { NexmarkGenerator } from '../generator/generator.js';
import { BID } from '../model.js';
import { countBid, noBids, rankOf, type BidStatistics } from '../queries/bid-statistics.js';
import { dayRow } from '../queries/q15.js';
import type { Yardstick } from './yardstick.js';

interface Day {
  readonly total: BidStatistics;
  /** The ranks that were seen, a bit each. */
  readonly bidders: Map<number, number>;
  readonly auctions: Map<number, number>;
}

/** Query 15 by hand. */
export const y15: Yardstick = {
  name: 'q15',
  run(events, take) {
    const generator = new NexmarkGenerator();
    const days = new Map<string, Day>();
    for (let n = 0; n < events; n++) {
      const event = generator.event(n);
      if (event.kind !== BID) continue;
      const text = dayOf(event.dateTime);
      const known = days.get(text);
      const day = known ?? { total: noBids(), bidders: new Map<number, number>(), auctions: new Map<number, number>() };
      if (known === undefined) days.set(text, day);
      const bit = 1 << rankOf(event.price);
      const bidderRanks = day.bidders.get(event.bidder) ?? 0;
      const auctionRanks = day.auctions.get(event.auction) ?? 0;
      countBid(day.total, event, bidderRanks, auctionRanks);
      if ((bidderRanks & bit) === 0) day.bidders.set(event.bidder, bidderRanks | bit);
      if ((auctionRanks & bit) === 0) day.auctions.set(event.auction, auctionRanks | bit);
      take({ kind: known === undefined ? 'insert' : 'update', key: text, row: dayRow(text, day.total) });
    }
  },
};
