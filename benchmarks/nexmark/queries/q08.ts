import { tumblingEventTime, type } from 'millrace';
import { AUCTION, isPersonOrAuction } from '../model.js';
import type { Query } from './query.js';

/** Somebody who has registered and offered something in one window. */
export interface NewSeller {
  readonly id: number;
  readonly name: string;
  readonly windowStart: number;
}

/** Monitor new users: who registers and offers something within the same ten seconds. Ids of persons are unique. */
export const q08: Query = {
  name: 'q8',
  title: 'who has registered and offered something within the same 10 s',
  results: 'rows',
  build({ events, output }) {
    output(
      events
        .filter(isPersonOrAuction)
        .keyBy((event) => (event.kind === AUCTION ? event.seller : event.id))
        .window(tumblingEventTime('10 s'))
        .aggregate(
          {
            create: () => ({ name: '', offers: false }),
            add(seen, event) {
              if (event.kind === AUCTION) seen.offers = true;
              else seen.name = event.name;
            },
          },
          ({ name, offers }, { key, window }): NewSeller | undefined => (offers && name !== '' ? { id: key, name, windowStart: window.start } : undefined),
          { uid: 'persons-and-offers', output: type<NewSeller | undefined>() },
        )
        .filter((row) => row !== undefined),
    );
  },
};
