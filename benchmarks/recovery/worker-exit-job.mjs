// The job that benchmarks/recovery/worker-exit.mjs lets lose a worker: counts records by key, and ends its thread once, at one record.
import { existsSync, writeFileSync } from 'node:fs';
import { arg, datagen, defineJob, gen, state, t } from '@millrace/core';

export default defineJob({
  name: 'counts',
  args: { marker: arg.string(), exitAt: arg.number(), keys: arg.number(), rate: arg.number() },
  build(env, { marker, exitAt, keys, rate }) {
    env
      .fromSource(datagen({ rate, fields: { n: gen.sequence(0) } }), { name: 'numbers', uid: 'numbers' })
      .keyBy(({ n }) => n % keys)
      .process({
        state: { seen: state.value(t.number) },
        processElement({ n }, { state: { seen } }, out) {
          if (n === exitAt && !existsSync(marker)) {
            writeFileSync(marker, String(Date.now()));
            process.exit(3);
          }
          const count = (seen.value() ?? 0) + 1;
          seen.update(count);
          out.collect({ key: n % keys, count });
        },
      }, { uid: 'count' })
      .print();
  },
});
