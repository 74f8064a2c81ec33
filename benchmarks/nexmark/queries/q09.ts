import { state, type } from 'millrace';
import { auctionOf, BID, isAuctionOrBid, type Auction, type Bid } from '../model.js';
import { beats } from '../order.js';
import { auctionType, bidType } from '../types.js';
import type { Query, Update } from './query.js';

/** An auction with the bid that wins it, as far as is known. */
export interface WinningBid {
  readonly id: number;
  readonly itemName: string;
  readonly description: string;
  readonly initialBid: number;
  readonly reserve: number;
  readonly dateTime: number;
  readonly expires: number;
  readonly seller: number;
  readonly category: number;
  readonly extra: string;
  readonly bidder: number;
  readonly price: number;
  readonly bidDateTime: number;
  readonly bidExtra: string;
}

/** Winning bids: of each auction the highest valid bid, the earliest of equals. */
export const q09: Query = {
  name: 'q9',
  title: 'the winning bid of each auction',
  results: 'updates',
  build({ events, output }) {
    output(
      events
        .filter(isAuctionOrBid)
        .keyBy(auctionOf)
        .process({
          output: type<Update<number, WinningBid>>(),
          state: { auction: state.value(auctionType), best: state.value(bidType), early: state.list(bidType) },
          processElement(event, { key, state: { auction, best, early } }, out) {
            if (event.kind === BID) {
              const known = auction.value();
              if (known === undefined) return early.add(event);
              const before = best.value();
              if (!wins(event, known, before)) return;
              best.update(event);
              out.collect({ kind: before === undefined ? 'insert' : 'update', key, row: rowOf(known, event) });
              return;
            }
            auction.update(event);
            let winner: Bid | undefined;
            for (const bid of early.get()) {
              if (!wins(bid, event, winner)) continue;
              out.collect({ kind: winner === undefined ? 'insert' : 'update', key, row: rowOf(event, bid) });
              winner = bid;
            }
            best.update(winner);
            early.clear();
          },
        }, { uid: 'winning-bids' }),
    );
  },
};

function wins(bid: Bid, auction: Auction, best: Bid | undefined): boolean {
  return bid.dateTime >= auction.dateTime && bid.dateTime <= auction.expires && (best === undefined || beats(bid, best));
}

/** The row of an auction and a bid. */
export function rowOf(auction: Auction, bid: Bid): WinningBid {
  const { id, itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra } = auction;
  return {
    id, itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra,
    bidder: bid.bidder, price: bid.price, bidDateTime: bid.dateTime, bidExtra: bid.extra,
  };
}
