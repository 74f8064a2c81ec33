// A job like Nexmark's query 5 without an end: JSON bids, counted per auction in sliding windows.
import { arg, count, defineJob, discardSink, monotonousTimestamps, slidingEventTime } from '@millrace/core';
import { jsonBids } from './json-bids.mjs';

export default defineJob({
  name: 'hot-items',
  args: { splits: arg.number() },
  build(env, { splits }) {
    env
      .fromSource(jsonBids(splits), { watermarks: monotonousTimestamps((bid) => bid.dateTime) })
      .keyBy((bid) => bid.auction)
      .window(slidingEventTime('10 s', '2 s'))
      .aggregate({ bids: count() }, (result, { key }) => ({ auction: key, bids: result.bids }))
      .filter((row) => row.bids < 0)
      .sinkTo(discardSink());
  },
});
