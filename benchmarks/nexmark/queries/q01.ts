import { isBid } from '../model.js';
import type { Query } from './query.js';

/** Currency conversion. */
export const q01: Query = {
  name: 'q1',
  title: 'every bid with its price in euros',
  results: 'rows',
  build({ events, output }) {
    // The product is a whole number of thousandths: dividing it gives the number next to the exact decimal.
    output(events.filter(isBid).map(({ auction, bidder, price, dateTime, extra }) => ({ auction, bidder, price: (price * 908) / 1000, dateTime, extra })));
  },
};
