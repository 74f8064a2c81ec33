import { dayOf } from '../calendar.js';
import { NexmarkGenerator } from '../generator/generator.js';
import { BID } from '../model.js';
import { auctionRow, countPrice, noPrices, type AuctionTotals } from '../queries/q17.js';
import type { Yardstick } from './yardstick.js';

/** Query 17 by hand. */
export const y17: Yardstick = {
  name: 'q17',
  run(events, take) {
    const generator = new NexmarkGenerator();
    const byDay = new Map<string, Map<number, AuctionTotals>>();
    for (let n = 0; n < events; n++) {
      const event = generator.event(n);
      if (event.kind !== BID) continue;
      const { auction, price } = event;
      const day = dayOf(event.dateTime);
      let auctions = byDay.get(day);
      if (auctions === undefined) byDay.set(day, (auctions = new Map()));
      const before = auctions.get(auction);
      const now = before ?? noPrices();
      if (before === undefined) auctions.set(auction, now);
      countPrice(now, price);
      take({ kind: before === undefined ? 'insert' : 'update', key: `${auction} ${day}`, row: auctionRow(auction, day, now) });
    }
  },
};
