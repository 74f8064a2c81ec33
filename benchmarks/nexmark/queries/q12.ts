import { tumblingProcessingTime } from 'millrace';
import { isBid } from '../model.js';
import type { Query } from './query.js';

/** Processing-time windows: how often everybody bids within ten seconds of the machine's clock. */
export const q12: Query = {
  name: 'q12',
  title: 'the bids of each bidder in every 10 s of the clock',
  results: 'rows',
  byClock: true,
  build({ events, output }) {
    output(
      events
        .filter(isBid)
        .keyBy('bidder')
        .window(tumblingProcessingTime('10 s'))
        .aggregate(
          {
            create: () => ({ bids: 0 }),
            add(total) {
              total.bids++;
            },
          },
          ({ bids }, { key, window }) => ({ bidder: key, bids, start: window.start, end: window.end }),
          { uid: 'bids' },
        ),
    );
  },
};
