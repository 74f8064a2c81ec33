import { state, t, type, type Collector } from 'millrace';
import { isBid, type Bid } from '../model.js';
import { beats } from '../order.js';
import { bidType } from '../types.js';
import type { Query, Update } from './query.js';

/** How many bids of an auction are shown. */
export const TOP = 10;

/** A bid with its rank in its auction, from 1. */
export interface RankedBid {
  readonly auction: number;
  readonly rank: number;
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
  readonly url: string;
  readonly dateTime: number;
  readonly extra: string;
}

/** Auction top 10: the highest bids of each auction with their rank. */
export const q19: Query = {
  name: 'q19',
  title: 'the ten highest bids of each auction',
  results: 'updates',
  build({ events, output }) {
    output(
      events
        .filter(isBid)
        .keyBy('auction')
        .process({
          output: type<Update<string, RankedBid>>(),
          state: { top: state.value(t.list(bidType)) },
          processElement(bid, { state: { top } }, out) {
            const bids = top.value() ?? [];
            const size = bids.length;
            const at = insert(bids, bid);
            if (at < 0) return;
            top.update(bids);
            emit(bids, at, size, out);
          },
        }, { uid: 'top' }),
    );
  },
};

/** Puts a bid into its place among the best of its auction; gives that place, or -1 when it is not among them. */
export function insert(bids: Bid[], bid: Bid): number {
  let at = bids.length;
  if (at === TOP) {
    if (!beats(bid, bids[TOP - 1]!)) return -1;
    at--;
  } else {
    bids.push(bid);
  }
  for (; at > 0 && beats(bid, bids[at - 1]!); at--) bids[at] = bids[at - 1]!;
  bids[at] = bid;
  return at;
}

/** The rows that have changed: all from `from` on; those at `size` and above are new. */
export function emit(bids: readonly Bid[], from: number, size: number, out: Pick<Collector<Update<string, RankedBid>>, 'collect'>): void {
  for (let at = from; at < bids.length; at++) {
    const { auction, bidder, price, channel, url, dateTime, extra } = bids[at]!;
    const rank = at + 1;
    out.collect({ kind: at < size ? 'update' : 'insert', key: `${auction} ${rank}`, row: { auction, rank, bidder, price, channel, url, dateTime, extra } });
  }
}
