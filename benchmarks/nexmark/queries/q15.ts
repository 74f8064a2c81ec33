import { state, t, type } from 'millrace';
import { dayNumber, dayOf } from '../calendar.js';
import { isBid } from '../model.js';
import { countBid, noBids, rankOf, statisticsType, type BidStatistics } from './bid-statistics.js';
import type { Query, Update } from './query.js';

/** The statistics of a day. */
export interface DayRow extends BidStatistics {
  readonly day: string;
}

/** Bidding statistics report: bids, different bidders and different auctions of each day, after every bid. */
export const q15: Query = {
  name: 'q15',
  title: 'bids, bidders and auctions of each day, by rank of price',
  results: 'updates',
  build({ events, output }) {
    output(
      events
        .filter(isBid)
        // All that goes from thread to thread where there are several.
        .map(({ auction, bidder, price, dateTime }) => ({ auction, bidder, price, dateTime }))
        .keyBy(({ dateTime }) => dayNumber(dateTime))
        .process({
          output: type<Update<string, DayRow>>(),
          state: { total: state.value(statisticsType), bidders: state.map(t.number, t.number), auctions: state.map(t.number, t.number) },
          processElement(bid, { state: { total, bidders, auctions } }, out) {
            const before = total.value();
            const now = before ?? noBids();
            const bit = 1 << rankOf(bid.price);
            const bidderRanks = bidders.get(bid.bidder) ?? 0;
            const auctionRanks = auctions.get(bid.auction) ?? 0;
            countBid(now, bid, bidderRanks, auctionRanks);
            total.update(now);
            if ((bidderRanks & bit) === 0) bidders.put(bid.bidder, bidderRanks | bit);
            if ((auctionRanks & bit) === 0) auctions.put(bid.auction, auctionRanks | bit);
            const day = dayOf(bid.dateTime);
            out.collect({ kind: before === undefined ? 'insert' : 'update', key: day, row: dayRow(day, now) });
          },
        }, { uid: 'days' }),
    );
  },
};

/** The row of a day. */
export function dayRow(day: string, total: BidStatistics): DayRow {
  return {
    day,
    bids: total.bids, bidsRank1: total.bidsRank1, bidsRank2: total.bidsRank2, bidsRank3: total.bidsRank3,
    bidders: total.bidders, biddersRank1: total.biddersRank1, biddersRank2: total.biddersRank2, biddersRank3: total.biddersRank3,
    auctions: total.auctions, auctionsRank1: total.auctionsRank1, auctionsRank2: total.auctionsRank2, auctionsRank3: total.auctionsRank3,
  };
}
