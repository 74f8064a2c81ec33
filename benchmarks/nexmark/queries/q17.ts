import { state, t, type } from 'millrace';
import { dayNumber, dayOf } from '../calendar.js';
import { isBid } from '../model.js';
import { rankOf } from './bid-statistics.js';
import type { Query, Update } from './query.js';

/** What is kept of an auction and day. */
export interface AuctionTotals {
  bids: number;
  rank1: number;
  rank2: number;
  rank3: number;
  lowest: number;
  highest: number;
  sum: number;
}

/** The statistics of an auction and day. */
export interface AuctionRow {
  readonly auction: number;
  readonly day: string;
  readonly bids: number;
  readonly rank1: number;
  readonly rank2: number;
  readonly rank3: number;
  readonly lowest: number;
  readonly highest: number;
  readonly average: number;
  readonly sum: number;
}

const totalsType = t.struct({ bids: t.number, rank1: t.number, rank2: t.number, rank3: t.number, lowest: t.number, highest: t.number, sum: t.number });

/** Auction statistics report: the prices of each auction and day, after every bid. */
export const q17: Query = {
  name: 'q17',
  title: 'numbers, extremes and averages of the prices of each auction and day',
  results: 'updates',
  build({ events, output }) {
    output(
      events
        .filter(isBid)
        // All that goes from thread to thread where there are several.
        .map(({ auction, price, dateTime }) => ({ auction, price, dateTime }))
        .keyBy('auction')
        .process({
          output: type<Update<string, AuctionRow>>(),
          state: { days: state.map(t.number, totalsType) },
          processElement(bid, { state: { days } }, out) {
            const number = dayNumber(bid.dateTime);
            const before = days.get(number);
            const now = before ?? noPrices();
            countPrice(now, bid.price);
            days.put(number, now);
            const row = auctionRow(bid.auction, dayOf(bid.dateTime), now);
            out.collect({ kind: before === undefined ? 'insert' : 'update', key: `${row.auction} ${row.day}`, row });
          },
        }, { uid: 'auctions' }),
    );
  },
};

/** The totals of no bids. */
export function noPrices(): AuctionTotals {
  return { bids: 0, rank1: 0, rank2: 0, rank3: 0, lowest: Infinity, highest: 0, sum: 0 };
}

/** Counts the price of a bid. */
export function countPrice(totals: AuctionTotals, price: number): void {
  totals.bids++;
  const rank = rankOf(price);
  if (rank === 0) totals.rank1++;
  else if (rank === 1) totals.rank2++;
  else totals.rank3++;
  if (price < totals.lowest) totals.lowest = price;
  if (price > totals.highest) totals.highest = price;
  totals.sum += price;
}

/** The row of an auction and day. */
export function auctionRow(auction: number, day: string, { bids, rank1, rank2, rank3, lowest, highest, sum }: AuctionTotals): AuctionRow {
  return { auction, day, bids, rank1, rank2, rank3, lowest, highest, average: sum / bids, sum };
}
