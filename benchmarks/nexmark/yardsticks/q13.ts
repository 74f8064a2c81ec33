import { NexmarkGenerator } from '../generator/generator.js';
import { BID } from '../model.js';
import { SIDE_ROWS } from '../queries/q13.js';
import type { Yardstick } from './yardstick.js';

/** Query 13 by hand. */
export const y13: Yardstick = {
  name: 'q13',
  run(events, take) {
    const generator = new NexmarkGenerator();
    const values = Array.from({ length: SIDE_ROWS }, (_, key) => String(key));
    for (let n = 0; n < events; n++) {
      const event = generator.event(n);
      if (event.kind !== BID) continue;
      const { auction, bidder, price, dateTime } = event;
      take({ auction, bidder, price, dateTime, value: values[auction % SIDE_ROWS] });
    }
  },
};
