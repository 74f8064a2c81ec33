import { state, type } from 'millrace';
import { isBid, type Bid } from '../model.js';
import { follows } from '../order.js';
import { bidType } from '../types.js';
import type { Query, Update } from './query.js';

/** Find last bid: of each bidder for each auction. */
export const q18: Query = {
  name: 'q18',
  title: 'the last bid of each bidder for each auction',
  results: 'updates',
  build({ events, output }) {
    output(
      events
        .filter(isBid)
        .keyBy('bidder', 'auction')
        .process({
          output: type<Update<readonly [number, number], Bid>>(),
          state: { last: state.value(bidType) },
          processElement(bid, { key, state: { last } }, out) {
            const before = last.value();
            if (before !== undefined && !follows(bid, before)) return;
            last.update(bid);
            out.collect({ kind: before === undefined ? 'insert' : 'update', key, row: bid });
          },
        }, { uid: 'last-bids' }),
    );
  },
};
