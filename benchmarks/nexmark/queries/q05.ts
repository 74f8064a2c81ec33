import { slidingEventTime, tumblingEventTime } from 'millrace';
import { isBid } from '../model.js';
import type { Query } from './query.js';

/** How many bids an auction has had in a window. */
export interface HotItem {
  readonly auction: number;
  readonly bids: number;
  readonly windowEnd: number;
}

/** Hot items: which auctions have had the most bids in the last ten seconds, every two seconds. */
export const q05: Query = {
  name: 'q5',
  title: 'the auctions with the most bids of the last 10 s, every 2 s',
  results: 'rows',
  build({ events, output }) {
    output(
      events
        .filter(isBid)
        // All that goes from thread to thread where there are several.
        .map(({ auction }) => ({ auction }))
        .keyBy('auction')
        .window(slidingEventTime('10 s', '2 s'))
        .aggregate(
          {
            create: () => ({ bids: 0 }),
            add(total) {
              total.bids++;
            },
            merge(total, other) {
              total.bids += other.bids;
            },
            exact: true,
          },
          ({ bids }, { key, window }): HotItem => ({ auction: key, bids, windowEnd: window.end }),
          { uid: 'bids-of-auctions' },
        )
        // The counts of one window are all at its last millisecond.
        .windowAll(tumblingEventTime('2 s'))
        .aggregate({ create: (): HotItem[] => [], add: keepMost, merge: (most, others) => others.forEach((item) => keepMost(most, item)), exact: true }, { uid: 'most-bids' })
        .flatMap((items) => items),
    );
  },
};

/** Keeps what has the highest count, which may be several. */
function keepMost(most: HotItem[], item: HotItem): void {
  if (most.length > 0 && item.bids < most[0]!.bids) return;
  if (most.length > 0 && item.bids > most[0]!.bids) most.length = 0;
  most.push(item);
}
