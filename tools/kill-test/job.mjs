// The job of the kill test: readings from a file, a sum per key and window, and how often each key has come; two file
// sinks whose files are rolled often, so that some are committed while the job runs.
import { arg, defineJob, fileSink, fileSource, json, monotonousTimestamps, tumblingEventTime } from '../../packages/core/src/index.ts';

const WINDOW_MS = 1000;
const ROLL = { rollAfter: '150 ms', rollBytes: 20_000 };

export default defineJob({
  name: 'kill-test',
  args: { input: arg.path({ doc: 'Readings.' }), output: arg.path({ doc: 'Where the results go.' }), rate: arg.number({ optional: true, doc: 'Readings per second.' }) },
  build(env, { input, output, rate }) {
    const readings = env.fromSource(fileSource({ path: input, format: json(), ...(rate === undefined ? {} : { rate }) }), { name: 'readings', uid: 'readings', watermarks: monotonousTimestamps(({ at }) => at) });
    readings
      .keyBy('key')
      .window(tumblingEventTime(WINDOW_MS))
      .aggregate({ create: () => ({ sum: 0 }), add: (sum, { value }) => void (sum.sum += value) }, ({ sum }, { key, window }) => ({ key, start: window.start, sum }), { name: 'sums', uid: 'sums' })
      .sinkTo(fileSink({ path: `${output}/sums`, format: json(), ...ROLL }), { name: 'sums out', uid: 'sums-out' });
    readings
      .map(({ key }) => ({ key, count: 1 }), { name: 'ones', uid: 'ones' })
      .keyBy('key')
      .reduce((before, one) => ({ key: one.key, count: before.count + one.count }), { name: 'counts', uid: 'counts' })
      .sinkTo(fileSink({ path: `${output}/counts`, format: json(), ...ROLL }), { name: 'counts out', uid: 'counts-out' });
  },
});

/** The readings of a test, in the order of their times. */
export function makeReadings(count) {
  return Array.from({ length: count }, (_, index) => ({ key: `k${(index * 7) % 23}`, value: (index * 31) % 17, at: 1_700_000_000_000 + index * 20 }));
}

/** What has to be committed, computed plainly: lines by sink. */
export function oracle(readings) {
  const sums = new Map();
  const counts = new Map();
  const lines = [];
  for (const { key, value, at } of readings) {
    const start = Math.floor(at / WINDOW_MS) * WINDOW_MS;
    const id = `${start} ${key}`;
    sums.set(id, { key, start, sum: (sums.get(id)?.sum ?? 0) + value });
    counts.set(key, (counts.get(key) ?? 0) + 1);
    lines.push(JSON.stringify({ key, count: counts.get(key) }));
  }
  return { sums: [...sums.values()].map((row) => JSON.stringify(row)), counts: lines };
}
