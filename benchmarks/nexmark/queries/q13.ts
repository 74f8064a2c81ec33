import { type } from 'millrace';
import { isBid } from '../model.js';
import type { Query } from './query.js';

/** How many rows the table has that bids are joined with. */
export const SIDE_ROWS = 10_000;

/** Bounded side input join. */
export const q13: Query = {
  name: 'q13',
  title: 'every bid with a value from a table',
  results: 'rows',
  build({ env, events, output }) {
    const table = env.fromCollection(Array.from({ length: SIDE_ROWS }, (_, key) => ({ key, value: String(key) })), { name: 'table' });
    output(
      events.filter(isBid).lookupJoin(
        table,
        { where: ({ auction }) => auction % SIDE_ROWS, equalTo: 'key', uid: 'look-up', output: type<unknown>() },
        ({ auction, bidder, price, dateTime }, row) => ({ auction, bidder, price, dateTime, value: row?.value }),
      ),
    );
  },
};
