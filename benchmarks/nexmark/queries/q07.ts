import { tumblingEventTime, type } from 'millrace';
import { isBid, type Bid } from '../model.js';
import type { Query } from './query.js';

/** A bid with the highest price of a window. */
export interface HighestBid {
  readonly auction: number;
  readonly price: number;
  readonly bidder: number;
  readonly dateTime: number;
  readonly extra: string;
  readonly windowEnd: number;
}

/** The highest price of a window, and the bids that offer it. */
interface Highest {
  readonly windowEnd: number;
  readonly price: number;
  readonly bids: readonly Bid[];
}

const WINDOW_MS = 10_000;

/**
 * Highest bid: the bids with the highest price of every ten seconds. As published, a bid counts as well that has this price
 * in the very millisecond in which the next window begins.
 */
export const q07: Query = {
  name: 'q7',
  title: 'the highest bids of every 10 s',
  results: 'rows',
  build({ events, output }) {
    const bids = events.filter(isBid);
    const highest = bids
      .windowAll(tumblingEventTime(WINDOW_MS))
      .aggregate(
        { create: (): Bid[] => [], add: keepHighest },
        (best, { window }): Highest => ({ windowEnd: window.end, price: best[0]!.price, bids: best }),
        { uid: 'highest', output: type<Highest>() },
      );
    output(highest.flatMap(({ windowEnd, bids: best }) => best.map((bid) => rowOf(bid, windowEnd)), { output: type<HighestBid>() }));

    const onTheBoundary = bids.filter(({ dateTime }) => Math.floor(dateTime / WINDOW_MS) * WINDOW_MS === dateTime);
    output(
      highest.keyBy('price').intervalJoin(
        onTheBoundary.keyBy('price'),
        // The result of a window stands at its last millisecond.
        { between: [1, 1], uid: 'on-the-boundary', output: type<HighestBid>() },
        ({ windowEnd }, bid) => rowOf(bid, windowEnd),
      ),
    );
  },
};

/** Keeps the bids with the highest price, which may be several. */
function keepHighest(best: Bid[], bid: Bid): void {
  if (best.length > 0 && bid.price < best[0]!.price) return;
  if (best.length > 0 && bid.price > best[0]!.price) best.length = 0;
  best.push(bid);
}

function rowOf({ auction, price, bidder, dateTime, extra }: Bid, windowEnd: number): HighestBid {
  return { auction, price, bidder, dateTime, extra, windowEnd };
}
