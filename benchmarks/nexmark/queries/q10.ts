import { byMinute, fileSink, json } from 'millrace';
import { isBid } from '../model.js';
import type { Query } from './query.js';

/** Log to files: every bid, in a folder per day and minute. */
export const q10: Query = {
  name: 'q10',
  title: 'every bid in a file, in a folder of its day and minute',
  results: 'files',
  build({ events, folder }) {
    events
      .filter(isBid)
      .map(({ auction, bidder, price, dateTime, extra }) => ({ auction, bidder, price, dateTime, extra }))
      .sinkTo(fileSink({ path: folder, format: json(), partitionBy: byMinute }), { uid: 'files' });
  },
};
