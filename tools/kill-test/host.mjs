// The process that is killed: runs the job of the kill test in worker threads, on a platform that ends or stops the
// process when a named point was reached so many times. That platform is made here; the engine's own has no such thing.
import { appendFileSync } from 'node:fs';
import { createStreamLogger } from '../../packages/core/src/base/logger.ts';
import { nodePlatform } from '../../packages/core/src/platform/node/node-platform.ts';
import { runInThreads } from '../../packages/core/src/runtime/job/threaded-job.ts';
import { FileCheckpointStore } from '../../packages/core/src/stores/file-checkpoint-store.ts';
import job from './job.mjs';
import { killingPoints } from './killing-points.mjs';

const plan = JSON.parse(process.argv[2]);
const platform = { ...nodePlatform(), points: killingPoints(plan) };
const options = { parallelism: plan.parallelism, 'checkpoint.dir': plan.state, 'checkpoint.interval': plan.intervalMs, stateBackend: plan.backend, ...plan.options };
const logger = createStreamLogger({ stream: platform.streams.stderr, clock: platform.clock, level: 'warn' });
const store = new FileCheckpointStore(platform, { directory: plan.state, job: 'kill-test', warn: (message, fields) => logger.warn(message, fields) });
const args = { input: plan.input, output: plan.output, ...(plan.rate === undefined ? {} : { rate: plan.rate }) };
const running = runInThreads(job.build(args, { options }), platform, {
  entryUrl: new URL('./worker.mjs', import.meta.url).href,
  job: { plan, args, options }, options, store, logger, workers: plan.workers, boundOutput: true, watchdog: { failAfterMs: 60_000 },
});
running.onState((state) => appendFileSync(plan.log, `${process.pid} ${state}\n`));
running.done.then(
  () => process.exit(0),
  (error) => {
    console.error(String(error));
    process.exit(1);
  },
);
