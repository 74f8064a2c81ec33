import { NexmarkGenerator } from '../generator/generator.js';
import { BID, type Bid } from '../model.js';
import { WATERMARK_DELAY_MS, type Yardstick } from './yardstick.js';

const WINDOW_MS = 10_000;

interface Window {
  highest: number;
  bids: Bid[];
  /** Those in the first millisecond of the next window. */
  readonly onTheBoundary: Bid[];
}

/** Query 7 by hand. */
export const y07: Yardstick = {
  name: 'q7',
  run(events, take) {
    const generator = new NexmarkGenerator();
    const windows = new Map<number, Window>();
    let window: Window | undefined;
    let start = -1;
    let nextEnd = -1;
    const fire = (end: number): void => {
      const fired = windows.get(end);
      if (fired === undefined) return;
      windows.delete(end);
      for (const bid of [...fired.bids, ...fired.onTheBoundary]) {
        if (bid.price !== fired.highest) continue;
        take({ auction: bid.auction, price: bid.price, bidder: bid.bidder, dateTime: bid.dateTime, extra: bid.extra, windowEnd: end });
      }
    };
    for (let n = 0; n < events; n++) {
      const event = generator.event(n);
      if (event.kind !== BID) continue;
      const { dateTime, price } = event;
      if (dateTime >= start + WINDOW_MS) {
        start = Math.floor(dateTime / WINDOW_MS) * WINDOW_MS;
        window = { highest: -1, bids: [], onTheBoundary: [] };
        windows.set(start + WINDOW_MS, window);
        if (nextEnd < 0) nextEnd = start + WINDOW_MS;
      }
      if (price > window!.highest) {
        window!.highest = price;
        window!.bids = [event];
      } else if (price === window!.highest) {
        window!.bids.push(event);
      }
      if (dateTime === start) windows.get(start)?.onTheBoundary.push(event);
      for (; dateTime - WATERMARK_DELAY_MS >= nextEnd; nextEnd += WINDOW_MS) fire(nextEnd);
    }
    for (; windows.size > 0; nextEnd += WINDOW_MS) fire(nextEnd);
  },
};
