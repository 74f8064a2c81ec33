import { NexmarkGenerator } from '../generator/generator.js';
import { BID } from '../model.js';
import type { Yardstick } from './yardstick.js';

/** Query 0 by hand. */
export const y00: Yardstick = {
  name: 'q0',
  run(events, take) {
    const generator = new NexmarkGenerator();
    for (let n = 0; n < events; n++) {
      const event = generator.event(n);
      if (event.kind !== BID) continue;
      take({ auction: event.auction, bidder: event.bidder, price: event.price, dateTime: event.dateTime, extra: event.extra });
    }
  },
};
