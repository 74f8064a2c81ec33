import { engine } from '../lib/engine.mjs';
import { generatingSource } from '../lib/generating-source.mjs';

const { discardSink, monotonousTimestamps, state, StreamEnvironment, t, tumblingEventTime } = engine;

const CASES = { 'keyed state': keyedState, 'window': openWindow };
const GOAL = 1.25;

/** What a million keys with a small object each take, in keyed state and in an open window, beside a plain Map of the same objects. */
export const part = {
  title: 'keys',
  cases: Object.keys(CASES),
  nodeFlags: ['--expose-gc'],
  async run(name, { smoke }) {
    const keys = smoke ? 1_000 : 1_000_000;
    const plain = bytesOf(() => plainMap(keys));
    const before = liveBytes();
    let after = 0;
    let seen = 0;
    const measure = () => {
      after = liveBytes();
    };
    await CASES[name](generatingSource(keys, reading, measure), () => seen++);
    if (seen !== keys) throw new Error(`${seen} of ${keys} keys came out`);
    if (smoke) return [{ what: name }];
    const ratio = (after - before) / plain;
    const detail = `${((after - before) / keys).toFixed(0)} bytes per key, a Map ${(plain / keys).toFixed(0)}`;
    return [{ what: `memory of 1M keys in ${name} as a multiple of a Map`, value: ratio, goal: `≤ ${GOAL}`, holds: ratio <= GOAL, detail }];
  },
};

function reading(i) {
  return { key: `user-${i}`, cents: i % 1_000, at: 1_700_000_000_000 };
}

function plainMap(keys) {
  const map = new Map();
  for (let i = 0; i < keys; i++) {
    const { key, cents } = reading(i);
    map.set(key, { count: 1, sum: cents });
  }
  return map;
}

async function keyedState(source, seen) {
  const env = StreamEnvironment.create();
  env
    .fromSource(source)
    .keyBy('key')
    .process({
      state: { total: state.value(t.struct({ count: t.number, sum: t.number })) },
      processElement({ cents }, ctx) {
        const total = ctx.state.total.value() ?? { count: 0, sum: 0 };
        total.count++;
        total.sum += cents;
        ctx.state.total.update(total);
        seen();
      },
    })
    .sinkTo(discardSink());
  await env.execute('keyed state');
}

async function openWindow(source, seen) {
  const env = StreamEnvironment.create();
  env
    .fromSource(source, { watermarks: monotonousTimestamps((reading) => reading.at) })
    .keyBy('key')
    .window(tumblingEventTime('1 h'))
    .aggregate(
      {
        create: () => ({ count: 0, sum: 0 }),
        add(total, { cents }) {
          total.count++;
          total.sum += cents;
        },
      },
      (total) => {
        seen();
        return total;
      },
    )
    .sinkTo(discardSink());
  await env.execute('window');
}

/** What `make` keeps alive, as long as its result is. */
function bytesOf(make) {
  const before = liveBytes();
  const kept = make();
  const bytes = liveBytes() - before;
  return kept.size > 0 ? bytes : 0;
}

function liveBytes() {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
