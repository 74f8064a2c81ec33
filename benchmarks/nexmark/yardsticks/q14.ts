import { NexmarkGenerator } from '../generator/generator.js';
import { BID } from '../model.js';
import { lettersC, timeOfDay } from '../queries/q14.js';
import type { Yardstick } from './yardstick.js';

/** Query 14 by hand. */
export const y14: Yardstick = {
  name: 'q14',
  run(events, take) {
    const generator = new NexmarkGenerator();
    for (let n = 0; n < events; n++) {
      const event = generator.event(n);
      if (event.kind !== BID) continue;
      const price = (event.price * 908) / 1000;
      if (price <= 1_000_000 || price >= 50_000_000) continue;
      const { auction, bidder, dateTime, extra } = event;
      take({ auction, bidder, price, timeOfDay: timeOfDay(dateTime), dateTime, extra, letters: lettersC(extra) });
    }
  },
};
