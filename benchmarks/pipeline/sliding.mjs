import { arraySource } from '../lib/array-source.mjs';
import { duel } from '../lib/duel.mjs';
import { engine } from '../lib/engine.mjs';
import { takingSink } from '../lib/taking-sink.mjs';
import { generator } from './sales.mjs';

const { monotonousTimestamps, slidingEventTime, StreamEnvironment, tumblingEventTime } = engine;

const KEYS = 1_000;
const PER_MS = 20;

/** Sums over windows of a minute that slide by a second, against windows of a minute that do not: what the overlap costs. */
export const part = {
  title: 'sliding',
  cases: ['tumbling'],
  async run(name, { smoke }) {
    const records = makeReadings(smoke ? 20_000 : 2_000_000);
    await slidesAsTheyShould(records.slice(0, 20_000));
    return duel({
      what: 'sliding 60 s by 1 s as a multiple of tumbling 60 s',
      goal: 0.4,
      records: records.length,
      other: { name, run: (take) => sums(records, tumblingEventTime('60 s'), take) },
      engine: { name: 'sliding', run: (take) => sums(records, slidingEventTime('60 s', '1 s'), take) },
      smoke,
      rowsDiffer: true,
    });
  },
};

function makeReadings(count) {
  const random = generator(3);
  return Array.from({ length: count }, (_, i) => ({ key: random(KEYS), value: random(1_000), at: 1_700_000_000_000 + Math.floor(i / PER_MS) }));
}

async function sums(records, windows, take) {
  const env = StreamEnvironment.create();
  env
    .fromSource(arraySource(records), { watermarks: monotonousTimestamps((reading) => reading.at) })
    .keyBy('key')
    .window(windows)
    .aggregate(
      {
        create: () => ({ sum: 0 }),
        add(total, reading) {
          total.sum += reading.value;
        },
        merge(total, other) {
          total.sum += other.sum;
        },
        exact: true,
      },
      ({ sum }, { key, window }) => ({ key, end: window.end, sum }),
    )
    .sinkTo(takingSink(take));
  await env.execute('sums');
}

/** Compares the sums of sliding windows with those of a loop over all windows of each record. */
async function slidesAsTheyShould(records) {
  const expected = new Map();
  for (const { key, value, at } of records) {
    for (let end = Math.floor(at / 1_000) * 1_000 + 1_000; end <= at + 60_000; end += 1_000) {
      expected.set(`${key} ${end}`, (expected.get(`${key} ${end}`) ?? 0) + value);
    }
  }
  await sums(records, slidingEventTime('60 s', '1 s'), ({ key, end, sum }) => {
    if (expected.get(`${key} ${end}`) !== sum) throw new Error(`key ${key} of the window that ends at ${end} has the sum ${sum}, not ${expected.get(`${key} ${end}`)}`);
    expected.delete(`${key} ${end}`);
  });
  if (expected.size > 0) throw new Error(`${expected.size} windows are missing`);
}
