import { arraySource } from '../lib/array-source.mjs';
import { engine } from '../lib/engine.mjs';
import { takingSink } from '../lib/taking-sink.mjs';
import { generator } from '../pipeline/sales.mjs';
import { LIKE_A_WORKER, versus } from './versus.mjs';
import { countsByHand, sessionsByHand, slidingByHand, tumblingByHand } from './windows-by-hand.mjs';

const { monotonousTimestamps, sessionEventTime, slidingEventTime, StreamEnvironment, tumblingEventTime } = engine;

const READINGS = 1_000_000;
const KEYS = 10_000;
const SIZE_MS = 100_000;
const SLIDE_MS = 20_000;
/** Readings of a key are ten seconds apart on average. */
const GAP_MS = 30_000;
const COUNT = 10;

/** Jobs with windows of each kind, from records in memory to rows, against loops by hand. A reading each millisecond, 10,000 keys. */
export const part = {
  title: 'windows',
  nodeFlags: LIKE_A_WORKER,
  cases: ['tumbling', 'sliding', 'session', 'count'],
  run(what, { smoke }) {
    // In a smoke test they lie so far apart that there are several windows and sessions too.
    const readings = smoke ? makeReadings(30_000, 5) : makeReadings(READINGS, 1);
    const [byHand, windows] = SIDES[what];
    return versus({
      what,
      operations: readings.length,
      yardstick: { name: 'by hand', make: () => ({ run: (take) => byHand(readings, take) }) },
      engine: { name: 'windows', make: () => ({ run: (take) => job(readings, windows, take) }) },
      smoke,
    });
  },
};

const TOTALS = {
  create: () => ({ count: 0, sum: 0 }),
  add(total, { value }) {
    total.count++;
    total.sum += value;
  },
  merge(total, other) {
    total.count += other.count;
    total.sum += other.sum;
  },
  exact: true,
};
const untilEnd = ({ count, sum }, { key, window }) => ({ key, end: window.end, count, sum });

const SIDES = {
  tumbling: [(readings, take) => tumblingByHand(readings, SIZE_MS, take), (keyed) => keyed.window(tumblingEventTime(SIZE_MS)).aggregate(TOTALS, untilEnd)],
  sliding: [(readings, take) => slidingByHand(readings, SIZE_MS, SLIDE_MS, take), (keyed) => keyed.window(slidingEventTime(SIZE_MS, SLIDE_MS)).aggregate(TOTALS, untilEnd)],
  session: [
    (readings, take) => sessionsByHand(readings, GAP_MS, take),
    (keyed) => keyed.window(sessionEventTime(GAP_MS)).aggregate(TOTALS, ({ count, sum }, { key, window }) => ({ key, start: window.start, end: window.end, count, sum })),
  ],
  count: [(readings, take) => countsByHand(readings, COUNT, take), (keyed) => keyed.countWindow(COUNT).aggregate(TOTALS, ({ count, sum }, { key }) => ({ key, count, sum }))],
};

function makeReadings(count, apartMs) {
  const random = generator(3);
  return Array.from({ length: count }, (_, i) => ({ key: random(KEYS), value: random(1_000), at: 1_700_000_000_000 + i * apartMs }));
}

async function job(readings, windows, take) {
  const env = StreamEnvironment.create();
  windows(env.fromSource(arraySource(readings), { watermarks: monotonousTimestamps((reading) => reading.at) }).keyBy('key')).sinkTo(takingSink(take));
  await env.execute('windows');
}
