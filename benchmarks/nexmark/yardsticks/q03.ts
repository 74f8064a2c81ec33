import { NexmarkGenerator } from '../generator/generator.js';
import { AUCTION, PERSON, type Person } from '../model.js';
import type { Yardstick } from './yardstick.js';

/** Query 3 by hand. */
export const y03: Yardstick = {
  name: 'q3',
  run(events, take) {
    const generator = new NexmarkGenerator();
    const sellers = new Map<number, Person>();
    const waiting = new Map<number, number[]>();
    for (let n = 0; n < events; n++) {
      const event = generator.event(n);
      if (event.kind === PERSON) {
        const { id, name, city, state } = event;
        if (state !== 'OR' && state !== 'ID' && state !== 'CA') continue;
        sellers.set(id, event);
        for (const auction of waiting.get(id) ?? []) take({ name, city, state, auction });
        waiting.delete(id);
      } else if (event.kind === AUCTION && event.category === 10) {
        const seller = sellers.get(event.seller);
        if (seller !== undefined) {
          take({ name: seller.name, city: seller.city, state: seller.state, auction: event.id });
          continue;
        }
        const list = waiting.get(event.seller);
        if (list === undefined) waiting.set(event.seller, [event.id]);
        else list.push(event.id);
      }
    }
  },
};
