// A query of Nexmark as a job of its own, for runs on worker threads. Its sinks count rows, and leave when they began and ended, and what the
// process had used of the processor by then.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { arg, defineJob } from 'millrace';
import type { Sink } from 'millrace/spi';
import { buildQuery } from '../nexmark/engine-run.js';
import { QUERIES } from '../nexmark/queries/queries.js';

export default defineJob({
  name: 'nexmark-query',
  args: { query: arg.string(), events: arg.number(), folder: arg.string() },
  build(env, { query: name, events, folder }) {
    buildQuery(env, { query: QUERIES.find((each) => each.name === name)!, events, folder, sink: (output) => timedSink(folder, output) });
  },
});

function timedSink(folder: string, output: string): Sink<object> {
  return {
    kind: 'timed',
    guarantee: 'at-least-once',
    createWriter({ subtask }) {
      const openedAt = Date.now();
      const cpuAtOpen = cpuSeconds();
      let rows = 0;
      return {
        write: () => void rows++,
        close: () => writeFileSync(join(folder, `${output}-${subtask}.json`), JSON.stringify({ openedAt, closedAt: Date.now(), cpuAtOpen, cpuAtClose: cpuSeconds(), rows })),
      };
    },
  };
}

/** Of all threads of the process. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
