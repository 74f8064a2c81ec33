import { sessionEventTime } from 'millrace';
import { isBid } from '../model.js';
import type { Query } from './query.js';

/** User sessions: how often everybody bids before being silent for ten seconds. */
export const q11: Query = {
  name: 'q11',
  title: 'the bids of each bidder in a session with gaps of less than 10 s',
  results: 'rows',
  build({ events, output }) {
    output(
      events
        .filter(isBid)
        .keyBy('bidder')
        .window(sessionEventTime('10 s'))
        .aggregate(
          {
            create: () => ({ bids: 0 }),
            add(total) {
              total.bids++;
            },
            merge(total, other) {
              total.bids += other.bids;
            },
          },
          ({ bids }, { key, window }) => ({ bidder: key, bids, start: window.start, end: window.end }),
          { uid: 'sessions' },
        ),
    );
  },
};
