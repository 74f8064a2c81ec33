import { state, t, type } from 'millrace';
import { dayNumber, dayOf, minuteOf } from '../calendar.js';
import { isBid } from '../model.js';
import { countBid, noBids, rankOf, statisticsType, type BidStatistics } from './bid-statistics.js';
import type { Query, Update } from './query.js';

/** The statistics of a channel and day, with the last minute of a bid. */
export interface ChannelRow extends BidStatistics {
  readonly channel: string;
  readonly day: string;
  readonly minute: string;
}

/** What is kept of a channel and day. */
interface ChannelDay {
  readonly total: BidStatistics;
  minute: string;
}

/** Which prices somebody or something was seen with: days and ids in one number, since days are few. */
const DAYS = 100_000;

/** Channel statistics report: as query 15, for each channel. */
export const q16: Query = {
  name: 'q16',
  title: 'bids, bidders and auctions of each channel and day, by rank of price',
  results: 'updates',
  build({ events, output }) {
    output(
      events
        .filter(isBid)
        .keyBy('channel')
        .process({
          output: type<Update<string, ChannelRow>>(),
          state: { days: state.map(t.number, t.struct({ total: statisticsType, minute: t.string })), bidders: state.map(t.number, t.number), auctions: state.map(t.number, t.number) },
          processElement(bid, { state: { days, bidders, auctions } }, out) {
            const day = dayNumber(bid.dateTime);
            const before = days.get(day);
            const now: ChannelDay = before ?? { total: noBids(), minute: '' };
            const bit = 1 << rankOf(bid.price);
            const bidder = bid.bidder * DAYS + day;
            const auction = bid.auction * DAYS + day;
            const bidderRanks = bidders.get(bidder) ?? 0;
            const auctionRanks = auctions.get(auction) ?? 0;
            countBid(now.total, bid, bidderRanks, auctionRanks);
            const minute = minuteOf(bid.dateTime);
            if (minute > now.minute) now.minute = minute;
            days.put(day, now);
            if ((bidderRanks & bit) === 0) bidders.put(bidder, bidderRanks | bit);
            if ((auctionRanks & bit) === 0) auctions.put(auction, auctionRanks | bit);
            const row = channelRow(bid.channel, dayOf(bid.dateTime), now.minute, now.total);
            out.collect({ kind: before === undefined ? 'insert' : 'update', key: `${row.channel} ${row.day}`, row });
          },
        }, { uid: 'channels' }),
    );
  },
};

/** The row of a channel and day. */
export function channelRow(channel: string, day: string, minute: string, total: BidStatistics): ChannelRow {
  return {
    channel, day, minute,
    bids: total.bids, bidsRank1: total.bidsRank1, bidsRank2: total.bidsRank2, bidsRank3: total.bidsRank3,
    bidders: total.bidders, biddersRank1: total.biddersRank1, biddersRank2: total.biddersRank2, biddersRank3: total.biddersRank3,
    auctions: total.auctions, auctionsRank1: total.auctionsRank1, auctionsRank2: total.auctionsRank2, auctionsRank3: total.auctionsRank3,
  };
}
