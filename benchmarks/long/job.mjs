// Windows, keyed values and maps, and timers over a bounded set of keys, at a steady rate; its sink checks what comes and watches the memory.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { engine } from '../lib/engine.mjs';
import { monotonicMs } from '../lib/monotonic.mjs';
import { pacedSource } from '../lib/paced-source.mjs';

const { arg, count, defineJob, monotonousTimestamps, state, t, tumblingEventTime } = engine;

const FIRST_TIME = 1_700_000_000_000;
const WINDOW_MS = 1_000;
const TIMER_MS = 10_000;

export default defineJob({
  name: 'long',
  args: { perMs: arg.number(), keys: arg.number(), events: arg.number(), startsAt: arg.number(), sampleMs: arg.number(), folder: arg.string() },
  build(env, { perMs, keys, events, startsAt, sampleMs, folder }) {
    const make = (n) => ({ key: `key-${(n * 7919) % keys}` });
    const type = t.struct({ key: t.string });
    const source = env.fromSource(pacedSource({ count: events, perMs, startsAt, firstTime: FIRST_TIME, make, type }), { name: 'events', uid: 'events', watermarks: monotonousTimestamps() });
    const windows = source
      .keyBy('key')
      .window(tumblingEventTime(WINDOW_MS))
      .aggregate({ events: count() }, (result, { window }) => ({ kind: 'window', end: window.end - FIRST_TIME, events: result.events }), { uid: 'windows' });
    const timers = source.keyBy('key').process(countsByTimer(), { uid: 'timers' });
    windows.union(timers).sinkTo(watchingSink({ perMs, events, sampleMs, folder }), { name: 'watch', uid: 'watch' });
  },
});

/**
 * The events of each key in each full ten seconds, told when those are over. A timer fires with a watermark, and records behind its time
 * may have come before that: so they are counted by the end of their ten seconds.
 */
function countsByTimer() {
  return {
    state: { total: state.value(t.struct({ count: t.number, text: t.string })), byEnd: state.map(t.number, t.number) },
    processElement({ key }, ctx) {
      const { total, byEnd } = ctx.state;
      const end = Math.floor(ctx.timestamp / TIMER_MS) * TIMER_MS + TIMER_MS;
      const known = byEnd.get(end);
      if (known === undefined) ctx.timers.registerEventTime(end - 1);
      byEnd.put(end, (known ?? 0) + 1);
      total.update({ count: (total.value()?.count ?? 0) + 1, text: key });
    },
    onTimer(time, ctx, out) {
      const { total, byEnd } = ctx.state;
      const events = byEnd.get(time + 1);
      const { count, text } = total.value();
      if (count < events) throw new Error(`${text} has ${events} events of ${count}`);
      byEnd.remove(time + 1);
      total.update(count === events ? undefined : { count: count - events, text });
      out.collect({ kind: 'timer', end: time + 1 - FIRST_TIME, events });
    },
  };
}

/** Adds up the rows of each second and each ten seconds, which have to hold all their events, and forgets them. */
function watchingSink({ perMs, events, sampleMs, folder }) {
  return {
    kind: 'watching',
    guarantee: 'at-least-once',
    createWriter() {
      const open = new Map();
      let complete = 0;
      const samples = [];
      const startedAt = monotonicMs();
      const timer = setInterval(() => {
        globalThis.gc?.();
        samples.push({ seconds: (monotonicMs() - startedAt) / 1000, heapMb: process.memoryUsage().heapUsed / 2 ** 20, residentMb: process.memoryUsage.rss() / 2 ** 20 });
      }, sampleMs);
      return {
        write({ kind, end, events: more }) {
          const name = `${kind} ${end}`;
          const lengthMs = kind === 'window' ? WINDOW_MS : TIMER_MS;
          const expected = Math.min(events, end * perMs) - (end - lengthMs) * perMs;
          const sum = (open.get(name) ?? 0) + more;
          if (sum > expected) throw new Error(`${name} has ${sum} events, not ${expected}`);
          if (sum < expected) return void open.set(name, sum);
          open.delete(name);
          complete++;
        },
        close() {
          clearInterval(timer);
          writeFileSync(join(folder, 'watch.json'), JSON.stringify({ samples, complete, incomplete: [...open.keys()] }));
        },
      };
    },
  };
}
