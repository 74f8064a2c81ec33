import { NexmarkGenerator } from '../generator/generator.js';
import { BID } from '../model.js';
import { channelId } from '../queries/q21.js';
import type { Yardstick } from './yardstick.js';

/** Query 21 by hand. */
export const y21: Yardstick = {
  name: 'q21',
  run(events, take) {
    const generator = new NexmarkGenerator();
    for (let n = 0; n < events; n++) {
      const event = generator.event(n);
      if (event.kind !== BID) continue;
      const id = channelId(event);
      if (id !== undefined) take({ auction: event.auction, bidder: event.bidder, price: event.price, channel: event.channel, channelId: id });
    }
  },
};
