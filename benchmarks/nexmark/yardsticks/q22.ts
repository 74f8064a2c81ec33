import { NexmarkGenerator } from '../generator/generator.js';
import { BID } from '../model.js';
import { part } from '../queries/q22.js';
import type { Yardstick } from './yardstick.js';

/** Query 22 by hand. */
export const y22: Yardstick = {
  name: 'q22',
  run(events, take) {
    const generator = new NexmarkGenerator();
    for (let n = 0; n < events; n++) {
      const event = generator.event(n);
      if (event.kind !== BID) continue;
      const { auction, bidder, price, channel, url } = event;
      take({ auction, bidder, price, channel, dir1: part(url, 3), dir2: part(url, 4), dir3: part(url, 5) });
    }
  },
};
