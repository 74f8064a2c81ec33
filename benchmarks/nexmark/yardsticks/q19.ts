import { NexmarkGenerator } from '../generator/generator.js';
import { BID, type Bid } from '../model.js';
import { emit, insert } from '../queries/q19.js';
import type { Yardstick } from './yardstick.js';

/** Query 19 by hand. */
export const y19: Yardstick = {
  name: 'q19',
  run(events, take) {
    const generator = new NexmarkGenerator();
    const top = new Map<number, Bid[]>();
    const out = { collect: take };
    for (let n = 0; n < events; n++) {
      const event = generator.event(n);
      if (event.kind !== BID) continue;
      let bids = top.get(event.auction);
      if (bids === undefined) top.set(event.auction, (bids = []));
      const size = bids.length;
      const at = insert(bids, event);
      if (at >= 0) emit(bids, at, size, out);
    }
  },
};
