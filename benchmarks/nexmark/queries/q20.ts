import { state, type } from 'millrace';
import { AUCTION, auctionOf, isAuctionOrBid, type Auction, type Bid } from '../model.js';
import { auctionType, bidType } from '../types.js';
import type { Query } from './query.js';

/** A bid with its auction. */
export interface ExpandedBid {
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
  readonly url: string;
  readonly dateTime: number;
  readonly extra: string;
  readonly itemName: string;
  readonly description: string;
  readonly initialBid: number;
  readonly reserve: number;
  readonly auctionDateTime: number;
  readonly expires: number;
  readonly seller: number;
  readonly category: number;
  readonly auctionExtra: string;
}

/** Expand bid with auction: an unbounded join. Bids wait for their auction, those of other categories in vain. */
export const q20: Query = {
  name: 'q20',
  title: 'the bids for auctions of category 10, with the auction',
  results: 'rows',
  build({ events, output }) {
    output(
      events
        .filter(isAuctionOrBid)
        .filter((event) => event.kind !== AUCTION || event.category === 10)
        .keyBy(auctionOf)
        .process({
          output: type<ExpandedBid>(),
          state: { auction: state.value(auctionType), waiting: state.list(bidType) },
          processElement(event, { state: { auction, waiting } }, out) {
            if (event.kind === AUCTION) {
              auction.update(event);
              for (const bid of waiting.get()) out.collect(rowOf(bid, event));
              waiting.clear();
              return;
            }
            const known = auction.value();
            if (known === undefined) waiting.add(event);
            else out.collect(rowOf(event, known));
          },
        }, { uid: 'join' }),
    );
  },
};

/** The row of a bid and its auction. */
export function rowOf(bid: Bid, offered: Auction): ExpandedBid {
  const { auction, bidder, price, channel, url, dateTime, extra } = bid;
  const { itemName, description, initialBid, reserve, expires, seller, category } = offered;
  return {
    auction, bidder, price, channel, url, dateTime, extra, itemName, description, initialBid, reserve,
    auctionDateTime: offered.dateTime, expires, seller, category, auctionExtra: offered.extra,
  };
}
