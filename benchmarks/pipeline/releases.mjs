import { engine } from '../lib/engine.mjs';
import { generatingSource } from '../lib/generating-source.mjs';
import { takingSink } from '../lib/taking-sink.mjs';
import { TurnWatch } from '../lib/turns.mjs';

const { monotonousTimestamps, StreamEnvironment, t, tumblingEventTime } = engine;

const FIRST_TIME = 1_700_000_000_000;
const MEGABYTE = 1 << 20;
/** Timers of one key: a million and more keys would measure the keys. */
const TIMERS_PER_KEY = 100;

const CASES = {
  'results of one watermark': { count: 1_000_000, smokeCount: 2_000, run: releaseResults },
  'timers due at once': { count: 10_000_000, smokeCount: 2_000, run: releaseTimers },
};

/** How long the loop's turns get when one watermark releases a great deal, and whether anything piles up meanwhile. */
export const part = {
  title: 'releases',
  cases: Object.keys(CASES),
  nodeFlags: ['--expose-gc', '--max-old-space-size=12288'],
  async run(name, { smoke }) {
    const { count, smokeCount, run } = CASES[name];
    const wanted = smoke ? smokeCount : count;
    const watch = new TurnWatch();
    let before = 0;
    let released = 0;
    await run(wanted, {
      atEnd() {
        globalThis.gc?.();
        before = process.memoryUsage.rss();
        watch.start();
      },
      take: () => released++,
    });
    const { turns, p999Ms, worstMs, worstPauseMs, highestBytes } = await watch.stop();
    if (released !== wanted) throw new Error(`${released} of ${wanted} came out`);
    if (smoke) return [{ what: name }];
    const grown = Math.max(0, highestBytes - before);
    const of = `${count / 1_000_000}M ${name}`;
    return [
      { what: `${of}: p99.9 of the turns`, value: p999Ms, unit: 'ms', goal: '≤ 20 ms', holds: p999Ms <= 20, detail: `${turns} turns, the worst ${worstMs.toFixed(1)} ms` },
      { what: `${of}: worst pause of the collector`, value: worstPauseMs, unit: 'ms' },
      { what: `${of}: growth of memory`, value: grown / MEGABYTE, unit: 'MB', detail: `from ${(before / MEGABYTE).toFixed(0)} MB` },
    ];
  },
};

/** One window holds all keys; the end of the input lets its watermark pass. */
async function releaseResults(count, { atEnd, take }) {
  const env = StreamEnvironment.create();
  env
    .fromSource(generatingSource(count, (i) => ({ key: i, at: FIRST_TIME }), atEnd), { watermarks: monotonousTimestamps((reading) => reading.at) })
    .keyBy('key')
    .window(tumblingEventTime('1 h'))
    .aggregate({ create: () => ({ count: 0 }), add: (total) => void total.count++ }, ({ count: n }, { key }) => ({ key, n }))
    .sinkTo(takingSink(take));
  await env.execute('results');
}

/** Every record sets a timer of its own, all within a second an hour ahead; the end of the input makes all of them due. */
async function releaseTimers(count, { atEnd, take }) {
  const env = StreamEnvironment.create();
  env
    .fromSource(generatingSource(count, (i) => ({ key: Math.floor(i / TIMERS_PER_KEY), after: (i * 7_919) % 1_000 }), atEnd), { watermarks: monotonousTimestamps(() => FIRST_TIME) })
    .keyBy('key')
    .process({
      output: t.number,
      processElement({ after }, ctx) {
        ctx.timers.registerEventTime(FIRST_TIME + 3_600_000 + after);
      },
      onTimer(time, ctx, out) {
        out.collect(time);
      },
    })
    .sinkTo(takingSink(take));
  await env.execute('timers');
}
