import { state, t, type } from 'millrace';
import { auctionOf, BID, isAuctionOrBid } from '../model.js';
import { priceAndTime } from '../types.js';
import type { Query } from './query.js';

/** An auction that is open, and its highest bid. */
interface OpenAuction {
  readonly seller: number;
  readonly from: number;
  readonly to: number;
  /** The highest valid bid; 0 when there is none. */
  price: number;
}

interface EarlyBid {
  readonly price: number;
  readonly dateTime: number;
}

/** An auction has ended with a price. */
export interface Sale {
  readonly auction: number;
  readonly seller: number;
  readonly price: number;
  readonly closedAt: number;
}

/** The average price of a seller's last sales. */
export interface SellerAverage {
  readonly seller: number;
  readonly auction: number;
  readonly average: number;
}

const LAST_SALES = 10;

/** Average selling price by seller: over the last ten auctions, whenever one has ended. */
export const q06: Query = {
  name: 'q6',
  title: 'the average closing price of the last 10 auctions of each seller',
  results: 'rows',
  build({ events, output }) {
    const sales = events
      .filter(isAuctionOrBid)
      .keyBy(auctionOf)
      .process({
        output: type<Sale>(),
        state: { open: state.value(t.struct({ seller: t.number, from: t.number, to: t.number, price: t.number })), early: state.list(priceAndTime) },
        processElement(event, { state: { open, early }, timers }) {
          const auction = open.value();
          if (event.kind === BID) {
            if (auction === undefined) early.add({ price: event.price, dateTime: event.dateTime });
            else if (isHigher(auction, event)) {
              auction.price = event.price;
              open.update(auction);
            }
            return;
          }
          const begun: OpenAuction = { seller: event.seller, from: event.dateTime, to: event.expires, price: 0 };
          for (const bid of early.get()) if (isHigher(begun, bid)) begun.price = bid.price;
          early.clear();
          open.update(begun);
          timers.registerEventTime(event.expires);
        },
        onTimer(closedAt, { key, state: { open } }, out) {
          // It stays, so that bids which come after the end find it and not nothing.
          const { seller, price } = open.value()!;
          if (price > 0) out.collect({ auction: key, seller, price, closedAt });
        },
      }, { uid: 'sales' });

    output(
      sales.keyBy('seller').process({
        output: type<SellerAverage>(),
        state: { due: state.list(t.struct({ auction: t.number, seller: t.number, price: t.number, closedAt: t.number })), last: state.value(t.list(t.number)) },
        processElement(sale, { state: { due }, timers }) {
          // Auctions that end in the same millisecond come in any order: their turn is when all are there.
          due.add(sale);
          timers.registerEventTime(sale.closedAt);
        },
        onTimer(time, { key: seller, state: { due, last } }, out) {
          const prices = last.value() ?? [];
          const later: Sale[] = [];
          const now: Sale[] = [];
          for (const sale of due.get()) (sale.closedAt <= time ? now : later).push(sale);
          for (const { auction, price } of now.sort((left, right) => left.auction - right.auction)) {
            prices.push(price);
            if (prices.length > LAST_SALES) prices.shift();
            out.collect({ seller, auction, average: prices.reduce((sum, each) => sum + each, 0) / prices.length });
          }
          due.update(later);
          last.update(prices);
        },
      }, { uid: 'averages' }),
    );
  },
};

function isHigher(auction: OpenAuction, bid: EarlyBid): boolean {
  return bid.price > auction.price && bid.dateTime >= auction.from && bid.dateTime <= auction.to;
}
