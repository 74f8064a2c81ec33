import { isBid } from '../model.js';
import type { Query } from './query.js';

/** Pass-through: what the engine costs when nothing is computed. */
export const q00: Query = {
  name: 'q0',
  title: 'every bid, without channel and url',
  results: 'rows',
  build({ events, output }) {
    output(events.filter(isBid).map(({ auction, bidder, price, dateTime, extra }) => ({ auction, bidder, price, dateTime, extra })));
  },
};
