// A job like Nexmark's query 5: JSON bids, counted per auction in sliding windows.
import { arg, count, defineJob, fileSource, json, monotonousTimestamps, slidingEventTime } from '../../packages/core/dist/index.js';

export default defineJob({
  name: 'hot-items',
  args: { input: arg.path() },
  build(env, { input }) {
    env
      .fromSource(fileSource({ path: input, format: json(), splitBytes: 4 * 1024 * 1024 }), { watermarks: monotonousTimestamps((bid) => bid.dateTime) })
      .keyBy((bid) => bid.auction)
      .window(slidingEventTime('10 s', '2 s'))
      .aggregate({ bids: count() }, (result, { key }) => ({ auction: key, bids: result.bids }))
      .filter((row) => row.bids < 0)
      .print();
  },
});
