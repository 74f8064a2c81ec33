import { NexmarkGenerator } from '../generator/generator.js';
import { BID } from '../model.js';
import type { Yardstick } from './yardstick.js';

const WINDOW_MS = 10_000;
/** The clock is read once for so many events. */
const EVENTS_PER_LOOK = 1024;

/** As the engine does, it drops the window that is open when the input ends. */
/** Query 12 by hand. */
export const y12: Yardstick = {
  name: 'q12',
  run(events, take) {
    const generator = new NexmarkGenerator();
    let counts = new Map<number, number>();
    let start = Math.floor(Date.now() / WINDOW_MS) * WINDOW_MS;
    for (let n = 0; n < events; n++) {
      if (n % EVENTS_PER_LOOK === 0 && Date.now() >= start + WINDOW_MS) {
        for (const [bidder, bids] of counts) take({ bidder, bids, start, end: start + WINDOW_MS });
        counts = new Map();
        start = Math.floor(Date.now() / WINDOW_MS) * WINDOW_MS;
      }
      const event = generator.event(n);
      if (event.kind === BID) counts.set(event.bidder, (counts.get(event.bidder) ?? 0) + 1);
    }
  },
};
