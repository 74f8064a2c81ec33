import { NexmarkGenerator } from '../generator/generator.js';
import { BID } from '../model.js';
import type { Yardstick } from './yardstick.js';

/** Query 2 by hand. */
export const y02: Yardstick = {
  name: 'q2',
  run(events, take) {
    const generator = new NexmarkGenerator();
    for (let n = 0; n < events; n++) {
      const event = generator.event(n);
      if (event.kind === BID && event.auction % 123 === 0) take({ auction: event.auction, price: event.price });
    }
  },
};
