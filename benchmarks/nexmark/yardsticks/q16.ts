import { dayOf, minuteOf } from '../calendar.js';
import { NexmarkGenerator } from '../generator/generator.js';
import { BID } from '../model.js';
import { countBid, noBids, rankOf, type BidStatistics } from '../queries/bid-statistics.js';
import { channelRow } from '../queries/q16.js';
import type { Yardstick } from './yardstick.js';

interface ChannelDay {
  readonly key: string;
  readonly total: BidStatistics;
  minute: string;
  /** The ranks that were seen, a bit each. */
  readonly bidders: Map<number, number>;
  readonly auctions: Map<number, number>;
}

/** Query 16 by hand. */
export const y16: Yardstick = {
  name: 'q16',
  run(events, take) {
    const generator = new NexmarkGenerator();
    const byDay = new Map<string, Map<string, ChannelDay>>();
    for (let n = 0; n < events; n++) {
      const event = generator.event(n);
      if (event.kind !== BID) continue;
      const { channel, dateTime } = event;
      const day = dayOf(dateTime);
      let channels = byDay.get(day);
      if (channels === undefined) byDay.set(day, (channels = new Map()));
      const before = channels.get(channel);
      const now = before ?? { key: `${channel} ${day}`, total: noBids(), minute: '', bidders: new Map<number, number>(), auctions: new Map<number, number>() };
      if (before === undefined) channels.set(channel, now);
      const bit = 1 << rankOf(event.price);
      const bidderRanks = now.bidders.get(event.bidder) ?? 0;
      const auctionRanks = now.auctions.get(event.auction) ?? 0;
      countBid(now.total, event, bidderRanks, auctionRanks);
      if ((bidderRanks & bit) === 0) now.bidders.set(event.bidder, bidderRanks | bit);
      if ((auctionRanks & bit) === 0) now.auctions.set(event.auction, auctionRanks | bit);
      const minute = minuteOf(dateTime);
      if (minute > now.minute) now.minute = minute;
      take({ kind: before === undefined ? 'insert' : 'update', key: now.key, row: channelRow(channel, day, now.minute, now.total) });
    }
  },
};
