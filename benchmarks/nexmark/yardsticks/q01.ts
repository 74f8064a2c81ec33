import { NexmarkGenerator } from '../generator/generator.js';
import { BID } from '../model.js';
import type { Yardstick } from './yardstick.js';

/** Query 1 by hand. */
export const y01: Yardstick = {
  name: 'q1',
  run(events, take) {
    const generator = new NexmarkGenerator();
    for (let n = 0; n < events; n++) {
      const event = generator.event(n);
      if (event.kind !== BID) continue;
      take({ auction: event.auction, bidder: event.bidder, price: (event.price * 908) / 1000, dateTime: event.dateTime, extra: event.extra });
    }
  },
};
