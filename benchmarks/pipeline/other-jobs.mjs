import { engine } from '../lib/engine.mjs';
import { arraySource } from '../lib/array-source.mjs';

const {
  boundedOutOfOrderness, count, cumulativeEventTime, discardSink, max, min, monotonousTimestamps, sessionEventTime, slidingEventTime, state,
  StreamEnvironment, sum, t, tumblingEventTime,
} = engine;

/** Runs what `build` makes of the bids, and drops the results. */
function job(build) {
  return async (bids) => {
    const env = StreamEnvironment.create();
    build(env.fromSource(arraySource(bids), { watermarks: monotonousTimestamps((bid) => bid.at) })).sinkTo(discardSink());
    await env.execute('another');
  };
}

/** Twenty jobs with shapes, keys, functions and windows of their own. */
export const otherJobs = [
  job((bids) => bids.map((bid) => `${bid.user}:${bid.price}`).filter((text) => text.length > 6)),
  job((bids) => bids.map((bid) => bid.price).keyBy((price) => price % 100).reduce((a, b) => Math.max(a, b))),
  job((bids) => bids.map((bid) => ({ name: `user-${bid.user}`, bid })).keyBy('name').window(tumblingEventTime('10 s')).aggregate(
    { create: () => ({ prices: [] }), add: (all, each) => void all.prices.push(each.bid.price) }, (all, { key }) => ({ key, most: Math.max(...all.prices) }))),
  job((bids) => bids.keyBy('user').sum('price')),
  job((bids) => bids.filter((bid) => bid.user % 2 === 0).keyBy('user').maxBy('price')),
  job((bids) => bids.keyBy('user').window(slidingEventTime('10 s', '2 s')).aggregate(
    { create: () => ({ n: 0 }), add: (all) => void all.n++, merge: (a, b) => void (a.n += b.n) })),
  job((bids) => bids.keyBy((bid) => `k${bid.user % 500}`).window(sessionEventTime('1 s')).aggregate(
    { create: () => ({ first: 0, last: 0 }), add: (s, bid) => void (s.last = bid.at), merge: (a, b) => void (a.last = Math.max(a.last, b.last)) })),
  job((bids) => bids.keyBy('user').countWindow(5).reduce((a, b) => ({ ...a, price: a.price + b.price }))),
  job((bids) => bids.flatMap((bid) => [bid.user, bid.price]).map((n) => ({ n })).filter(({ n }) => n > 10)),
  job((bids) => bids.map((bid) => [bid.user % 10, bid.price]).keyBy(0).sum(1)),
  job((bids) => bids.keyBy('user').process({
    state: { seen: state.value(t.number) },
    processElement(bid, ctx, out) {
      const seen = (ctx.state.seen.value() ?? 0) + 1;
      ctx.state.seen.update(seen);
      if (seen % 3 === 0) out.collect({ user: ctx.key, seen });
    },
  })),
  job((bids) => bids.keyBy((bid) => [bid.user % 20, bid.price % 5]).window(tumblingEventTime('5 s')).aggregate({ n: count(), total: sum('price') })),
  job((bids) => bids.windowAll(tumblingEventTime('1 s')).aggregate({ low: min('price'), high: max('price') })),
  job((bids) => bids.map((bid) => ({ ...bid, day: Math.floor(bid.at / 86_400_000) })).keyBy('day', 'user').reduce((a, b) => (a.price > b.price ? a : b))),
  job((bids) => bids.keyBy('user').window(cumulativeEventTime('10 s', '1 s')).aggregate(
    { create: () => ({ sum: 0 }), add: (all, bid) => void (all.sum += bid.price), merge: (a, b) => void (a.sum += b.sum) })),
  job((bids) => bids.union(bids.filter((bid) => bid.price > 9_000)).map((bid) => ({ double: bid.price * 2, who: bid.user }))),
  job((bids) => bids.assignTimestampsAndWatermarks(boundedOutOfOrderness('2 s', (bid) => bid.at)).keyBy('user').window(tumblingEventTime('3 s')).reduce((a, b) => ({ user: a.user, price: a.price + b.price, at: b.at }))),
  job((bids) => bids.keyBy((bid) => bid.user % 2 === 0).window(tumblingEventTime('2 s')).process({
    process(elements, { key, window }, out) {
      out.collect({ key, end: window.end, prices: elements.map((bid) => bid.price) });
    },
  })),
  job((bids) => bids.keyBy('user').process({
    state: { prices: state.list(t.number), byPrice: state.map(t.number, t.boolean) },
    processElement(bid, ctx) {
      ctx.state.prices.add(bid.price);
      ctx.state.byPrice.put(bid.price % 7, true);
      ctx.timers.registerEventTime(bid.at + 500);
    },
    onTimer(timestamp, ctx, out) {
      out.collect({ user: ctx.key, at: timestamp });
      ctx.state.prices.clear();
    },
  })),
  job((bids) => bids.map(({ user, price }) => ({ id: { user }, price, tags: [price % 3] })).filter((row) => row.tags[0] !== 1).map((row) => JSON.stringify(row))),
];
