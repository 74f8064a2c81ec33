// Counts by key over a second, every twenty milliseconds; its sink measures how long after the end of a window each of its rows comes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PerformanceObserver } from 'node:perf_hooks';
import { engine } from '../lib/engine.mjs';
import { LogHistogram } from '../lib/log-histogram.mjs';
import { monotonicMs } from '../lib/monotonic.mjs';
import { pacedSource } from '../lib/paced-source.mjs';

const { arg, count, defineJob, monotonousTimestamps, slidingEventTime, t } = engine;

/** Event time of the first event; a multiple of the slide. */
export const FIRST_TIME = 1_700_000_000_000;

export default defineJob({
  name: 'latency',
  args: { perMs: arg.number(), keys: arg.number(), events: arg.number(), sizeMs: arg.number(), slideMs: arg.number(), startsAt: arg.number(), fromMs: arg.number(), toMs: arg.number(), folder: arg.string() },
  build(env, { perMs, keys, events, sizeMs, slideMs, startsAt, fromMs, toMs, folder }) {
    const type = t.struct({ key: t.number });
    const make = (n) => ({ key: (n * 7919) % keys });
    env
      .fromSource(pacedSource({ count: events, perMs, startsAt, firstTime: FIRST_TIME, make, type }), { name: 'events', uid: 'events', watermarks: monotonousTimestamps() })
      .keyBy('key')
      .window(slidingEventTime(sizeMs, slideMs))
      .aggregate({ events: count() }, (result, { key, window }) => ({ key, end: window.end, events: result.events }), { uid: 'counts' })
      .sinkTo(latencySink({ startsAt, fromMs, toMs, folder }), { name: 'latency', uid: 'latency' });
  },
});

/** Takes rows of windows that end from `fromMs` to `toMs` after the first event, and leaves what it saw as a file for each writer. */
function latencySink({ startsAt, fromMs, toMs, folder }) {
  return {
    kind: 'latency',
    guarantee: 'at-least-once',
    createWriter({ subtask }) {
      // What does not count is looked at in the same way: code that it would pass by would be compiled without it, and thrown away with the first window that counts.
      const [before, counted] = [new Seen(), new Seen()];
      /** The pauses of the collector in the thread of this writer, in milliseconds, from when it counts. */
      const pauses = [];
      const observer = new PerformanceObserver((list) => {
        if (monotonicMs() >= startsAt + fromMs) pauses.push(...list.getEntries().map(({ duration }) => duration));
      });
      observer.observe({ entryTypes: ['gc'] });
      return {
        write({ end, events }) {
          const endsMs = end - FIRST_TIME;
          const seen = endsMs < fromMs || endsMs > toMs ? before : counted;
          seen.row(end, events, monotonicMs() - startsAt - endsMs);
        },
        close() {
          observer.disconnect();
          const { microseconds, windows } = counted;
          writeFileSync(join(folder, `sink-${subtask}.json`), JSON.stringify({ microseconds, pauses, windows: [...windows.values()] }));
        },
      };
    },
  };
}

/** Rows and how late they were. */
class Seen {
  microseconds = new LogHistogram();
  /** Rows and events of each window, by its end. */
  windows = new Map();
  #window = { end: NaN, rows: 0, events: 0, worstMs: 0 };

  row(end, events, lateMs) {
    this.microseconds.record(lateMs * 1000);
    if (this.#window.end !== end) {
      this.#window = this.windows.get(end) ?? { end, rows: 0, events: 0, worstMs: 0 };
      this.windows.set(end, this.#window);
    }
    this.#window.rows++;
    this.#window.events += events;
    if (lateMs > this.#window.worstMs) this.#window.worstMs = lateMs;
  }
}
