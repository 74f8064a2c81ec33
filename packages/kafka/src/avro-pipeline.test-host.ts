import { createStreamLogger, nodePlatform, runLocally, type Platform } from '@millrace/core/spi';
import { FileCheckpointStore } from '../../core/src/stores/file-checkpoint-store.js';
import { pipeline } from './avro-pipeline.test-job.js';

/** What a process is to do. */
export interface HostPlan {
  readonly args: Readonly<Record<string, string>>;
  readonly state: string;
  /** Where it kills itself, and the how manyth time it comes there; nowhere unless given. */
  readonly point?: string;
  readonly nth?: number;
}

const plan = JSON.parse(process.argv[2]!) as HostPlan;
let left = plan.nth ?? 1;
const platform: Platform = {
  ...nodePlatform(),
  points: {
    reach: (point) => {
      if (point !== plan.point || --left !== 0) return;
      process.kill(process.pid, 'SIGKILL');
      // The signal comes a moment later; what stands behind the point must not happen before.
      for (const until = Date.now() + 1000; Date.now() < until; );
    },
  },
};
const store = new FileCheckpointStore(platform, { directory: plan.state, job: 'avro-pipeline' });
const options = { parallelism: 2, 'checkpoint.dir': plan.state, 'checkpoint.interval': 60, 'restart.strategy': 'none' } as const;
const logger = createStreamLogger({ stream: platform.streams.stderr, clock: platform.clock, level: 'warn' });
runLocally(pipeline.build(plan.args as never, { options }), platform, { options, store, logger }).done.then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(String(error));
    process.exit(1);
  },
);
