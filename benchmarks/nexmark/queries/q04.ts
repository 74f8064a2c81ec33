import { state, t, type } from 'millrace';
import { auctionOf, BID, isAuctionOrBid } from '../model.js';
import { priceAndTime } from '../types.js';
import type { Query, Update } from './query.js';

/** An auction as far as its price goes. */
interface Price {
  readonly category: number;
  readonly from: number;
  readonly to: number;
  /** The highest bid; 0 before the first. */
  highest: number;
}

interface EarlyBid {
  readonly price: number;
  readonly dateTime: number;
}

/** The highest price of an auction has risen. */
interface Rise {
  readonly category: number;
  readonly by: number;
  readonly isFirst: boolean;
}

/** Average price for a category: the highest valid bid of each auction, averaged by category, after every change. */
export const q04: Query = {
  name: 'q4',
  title: 'the average closing price of each category',
  results: 'updates',
  build({ events, output }) {
    const rises = events
      .filter(isAuctionOrBid)
      .keyBy(auctionOf)
      .process({
        output: type<Rise>(),
        state: { auction: state.value(t.struct({ category: t.number, from: t.number, to: t.number, highest: t.number })), early: state.list(priceAndTime) },
        processElement(event, { state: { auction, early } }, out) {
          const known = auction.value();
          if (event.kind === BID) {
            if (known === undefined) {
              early.add({ price: event.price, dateTime: event.dateTime });
            } else if (isHigher(known, event)) {
              out.collect(raised(known, event.price));
              auction.update(known);
            }
            return;
          }
          const { category, dateTime: from, expires: to } = event;
          const price: Price = { category, from, to, highest: 0 };
          for (const bid of early.get()) if (isHigher(price, bid)) out.collect(raised(price, bid.price));
          early.clear();
          auction.update(price);
        },
      }, { uid: 'highest-prices' });

    output(
      rises.keyBy('category').process({
        output: type<Update<number, { readonly category: number; readonly average: number }>>(),
        state: { total: state.value(t.struct({ sum: t.number, auctions: t.number })) },
        processElement({ category, by, isFirst }, { state: { total } }, out) {
          const before = total.value();
          const now = before ?? { sum: 0, auctions: 0 };
          now.sum += by;
          if (isFirst) now.auctions++;
          total.update(now);
          out.collect({ kind: before === undefined ? 'insert' : 'update', key: category, row: { category, average: now.sum / now.auctions } });
        },
      }, { uid: 'averages' }),
    );
  },
};

function isHigher(auction: Price, bid: EarlyBid): boolean {
  return bid.price > auction.highest && bid.dateTime >= auction.from && bid.dateTime <= auction.to;
}

function raised(auction: Price, price: number): Rise {
  const { category, highest } = auction;
  auction.highest = price;
  return { category, by: price - highest, isFirst: highest === 0 };
}
