import { isBid } from '../model.js';
import type { Query } from './query.js';

/** Selection. */
export const q02: Query = {
  name: 'q2',
  title: 'the bids for some auctions',
  results: 'rows',
  build({ events, output }) {
    output(
      events
        .filter(isBid)
        .filter(({ auction }) => auction % 123 === 0)
        .map(({ auction, price }) => ({ auction, price })),
    );
  },
};
