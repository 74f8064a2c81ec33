// A query of Nexmark as a job of its own, for runs on worker threads. Its sinks count rows, and leave when they began and ended.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { arg, boundedOutOfOrderness, defineJob } from 'millrace';
import type { Sink } from 'millrace/spi';
import { QUERIES } from '../nexmark/queries/queries.js';
import { nexmark } from '../nexmark/source.js';

export default defineJob({
  name: 'nexmark-query',
  args: { query: arg.string(), events: arg.number(), folder: arg.string() },
  build(env, { query: name, events, folder }) {
    const query = QUERIES.find((each) => each.name === name)!;
    const stream = env.fromSource(nexmark({ events }), { name: 'nexmark', uid: 'nexmark', watermarks: boundedOutOfOrderness('4 s') });
    let outputs = 0;
    query.build({
      env,
      events: stream,
      folder,
      output(rows) {
        const output = `rows-${++outputs}`;
        rows.sinkTo(timedSink(folder, output) as Sink<unknown>, { name: output, uid: output });
      },
    });
  },
});

function timedSink(folder: string, output: string): Sink<object> {
  return {
    kind: 'timed',
    guarantee: 'at-least-once',
    createWriter({ subtask }) {
      const openedAt = Date.now();
      let rows = 0;
      return {
        write: () => void rows++,
        close: () => writeFileSync(join(folder, `${output}-${subtask}.json`), JSON.stringify({ openedAt, closedAt: Date.now(), rows })),
      };
    },
  };
}
