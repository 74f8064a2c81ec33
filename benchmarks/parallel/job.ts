// A query of Nexmark as a job of its own, for runs on worker threads. Its sources leave when the warm-up was over, its sinks count rows, and leave
// when they began and ended; both with what the process had used of the processor by then.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { arg, defineJob } from 'millrace';
import type { Sink } from 'millrace/spi';
import { buildQuery } from '../nexmark/engine-run.js';
import { QUERIES } from '../nexmark/queries/queries.js';

export default defineJob({
  name: 'nexmark-query',
  args: { query: arg.string(), events: arg.number(), warmUp: arg.number(), folder: arg.string() },
  build(env, { query: name, events, warmUp, folder }) {
    buildQuery(env, {
      query: QUERIES.find((each) => each.name === name)!,
      events,
      folder,
      onProgress: markAt(warmUp, folder),
      sink: (output) => timedSink(folder, output),
    });
  },
});

/** A moment of the run, with what all threads of the process had used of the processor. */
function moment(): { at: number; cpu: number } {
  const { user, system } = process.cpuUsage();
  return { at: Date.now(), cpu: (user + system) / 1e6 };
}

/** Leaves when the source of this thread had come to event number `warmUp`. */
function markAt(warmUp: number, folder: string): (events: number) => void {
  let isWarm = false;
  return (events) => {
    if (isWarm || events < warmUp) return;
    isWarm = true;
    writeFileSync(join(folder, `warm-${threadId}.json`), JSON.stringify({ warm: moment() }));
  };
}

function timedSink(folder: string, output: string): Sink<object> {
  return {
    kind: 'timed',
    guarantee: 'at-least-once',
    createWriter({ subtask }) {
      const opened = moment();
      let rows = 0;
      return {
        write: () => void rows++,
        close: () => writeFileSync(join(folder, `${output}-${subtask}.json`), JSON.stringify({ opened, closed: moment(), rows })),
      };
    },
  };
}
