import { NexmarkGenerator } from '../generator/generator.js';
import { BID, PERSON } from '../model.js';
import { WATERMARK_DELAY_MS, type Yardstick } from './yardstick.js';

const WINDOW_MS = 10_000;

interface Window {
  readonly names: Map<number, string>;
  readonly sellers: Set<number>;
}

/** Query 8 by hand. */
export const y08: Yardstick = {
  name: 'q8',
  run(events, take) {
    const generator = new NexmarkGenerator();
    const windows = new Map<number, Window>();
    let window: Window | undefined;
    let start = -1;
    let nextEnd = -1;
    const fire = (end: number): void => {
      const { names, sellers } = windows.get(end)!;
      windows.delete(end);
      for (const id of sellers) {
        const name = names.get(id);
        if (name !== undefined) take({ id, name, windowStart: end - WINDOW_MS });
      }
    };
    for (let n = 0; n < events; n++) {
      const event = generator.event(n);
      if (event.kind === BID) continue;
      const { dateTime } = event;
      if (dateTime >= start + WINDOW_MS) {
        start = Math.floor(dateTime / WINDOW_MS) * WINDOW_MS;
        window = { names: new Map(), sellers: new Set() };
        windows.set(start + WINDOW_MS, window);
        if (nextEnd < 0) nextEnd = start + WINDOW_MS;
      }
      if (event.kind === PERSON) window!.names.set(event.id, event.name);
      else window!.sellers.add(event.seller);
      for (; dateTime - WATERMARK_DELAY_MS >= nextEnd; nextEnd += WINDOW_MS) fire(nextEnd);
    }
    for (; windows.size > 0; nextEnd += WINDOW_MS) fire(nextEnd);
  },
};
