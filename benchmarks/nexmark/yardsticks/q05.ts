import { NexmarkGenerator } from '../generator/generator.js';
import { BID } from '../model.js';
import { WATERMARK_DELAY_MS, type Yardstick } from './yardstick.js';

const SIZE_MS = 10_000;
const SLIDE_MS = 2_000;

/** Query 5 by hand. */
export const y05: Yardstick = {
  name: 'q5',
  run(events, take) {
    const generator = new NexmarkGenerator();
    const slices = new Map<number, Map<number, number>>();
    let slice = new Map<number, number>();
    let sliceStart = -1;
    let nextEnd = -1;
    const fire = (end: number): void => {
      const totals = new Map<number, number>();
      let most = 0;
      for (let start = end - SIZE_MS; start < end; start += SLIDE_MS) {
        const counts = slices.get(start);
        if (counts === undefined) continue;
        for (const [auction, count] of counts) {
          const total = (totals.get(auction) ?? 0) + count;
          totals.set(auction, total);
          if (total > most) most = total;
        }
      }
      for (const [auction, bids] of totals) if (bids === most) take({ auction, bids, windowEnd: end });
      slices.delete(end - SIZE_MS);
    };
    for (let n = 0; n < events; n++) {
      const event = generator.event(n);
      const { dateTime } = event;
      while (nextEnd > 0 && dateTime - WATERMARK_DELAY_MS >= nextEnd) {
        fire(nextEnd);
        nextEnd += SLIDE_MS;
      }
      if (event.kind !== BID) continue;
      if (dateTime >= sliceStart + SLIDE_MS) {
        sliceStart = Math.floor(dateTime / SLIDE_MS) * SLIDE_MS;
        slice = new Map();
        slices.set(sliceStart, slice);
        if (nextEnd < 0) nextEnd = sliceStart + SLIDE_MS;
      }
      slice.set(event.auction, (slice.get(event.auction) ?? 0) + 1);
    }
    for (; slices.size > 0; nextEnd += SLIDE_MS) fire(nextEnd);
  },
};
