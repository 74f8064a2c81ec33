// The process that is killed; see tools/kill-test/host.mjs, which this is like.
import { appendFileSync } from 'node:fs';
import { createStreamLogger } from '../../packages/core/src/base/logger.ts';
import { nodePlatform } from '../../packages/core/src/platform/node/node-platform.ts';
import { runInThreads } from '../../packages/core/src/runtime/job/threaded-job.ts';
import { FileCheckpointStore } from '../../packages/core/src/stores/file-checkpoint-store.ts';
import { killingPoints } from '../kill-test/killing-points.mjs';
import job from './job.mjs';

const plan = JSON.parse(process.argv[2]);
const platform = { ...nodePlatform(), points: killingPoints(plan) };
const options = { parallelism: plan.parallelism, 'checkpoint.dir': plan.state, 'checkpoint.interval': plan.intervalMs };
const logger = createStreamLogger({ stream: platform.streams.stderr, clock: platform.clock, level: 'warn' });
const store = new FileCheckpointStore(platform, { directory: plan.state, job: 'kafka-kill-test', warn: (message, fields) => logger.warn(message, fields) });
const running = runInThreads(job.build(plan.args, { options }), platform, {
  entryUrl: new URL('./worker.mjs', import.meta.url).href,
  job: { plan, options }, options, store, logger, workers: plan.workers, boundOutput: true, watchdog: { failAfterMs: 60_000 },
});
running.onState((state) => appendFileSync(plan.log, `${process.pid} ${state}\n`));
running.done.then(
  () => process.exit(0),
  (error) => {
    console.error(String(error));
    process.exit(1);
  },
);
