import { AssertionError } from '../../base/assert.js';
import { MillraceError } from '../../base/errors.js';
import type { CheckpointStore } from '../../checkpoint/checkpoint-store.js';
import type { JobResult } from '../../operators/executor.js';
import type { JobManager } from '../../runtime/job/job-manager.js';
import { runLocally } from '../../runtime/job/local-executor.js';
import { runInThreads } from '../../runtime/job/threaded-job.js';
import { runTaskManagerThread } from '../../runtime/task-manager/task-manager-thread.js';
import { NULL_LOGGER } from '../../base/logger.js';
import type { JobProgram } from '../../operators/job-program.js';
import type { SimulatedPlatform } from '../simulation/simulated-platform.js';
import type { Life, Scenario } from './scenario.js';

/** What a life is started with. */
export interface LifeStart {
  readonly scenario: Scenario;
  readonly place: Pick<Life, 'backend' | 'parallelism' | 'workers'>;
  readonly name: string;
  /** The process. */
  readonly platform: SimulatedPlatform;
  readonly store: CheckpointStore;
  /** What goes between a process or thread and its platform. */
  tamper(platform: SimulatedPlatform): SimulatedPlatform;
  /** Builds the job in a process or thread. */
  build(platform: SimulatedPlatform): JobProgram;
  readonly resume?: (() => ReturnType<CheckpointStore['newest']>) | undefined;
}

/** A job that was started in a simulated process, and how it has ended, if it has. */
export class SimulatedLife {
  readonly name: string;
  readonly platform: SimulatedPlatform;
  readonly job: JobManager;
  result: JobResult | undefined;
  error: unknown;
  hasEnded: boolean;

  constructor(start: LifeStart) {
    this.name = start.name;
    this.platform = start.platform;
    this.job = startJob(start);
    this.result = undefined;
    this.error = undefined;
    this.hasEnded = false;
    this.job.done.then(
      (result) => {
        this.result = result;
        this.hasEnded = true;
      },
      (error: unknown) => {
        this.error = error;
        this.hasEnded = true;
      },
    );
  }

  get isDead(): boolean {
    return this.platform.owner.killed;
  }

  /** What is wrong with the way it ended, from the engine's own point of view: every failure has a code. */
  get badEnd(): string | undefined {
    if (this.isDead || this.error === undefined) return undefined;
    if (this.error instanceof MillraceError && !(this.error instanceof AssertionError)) return undefined;
    return `${this.name} failed without a code: ${this.error instanceof Error ? this.error.stack : String(this.error)}`;
  }
}

function startJob({ scenario, place, name, platform, store, tamper, build, resume }: LifeStart): JobManager {
  const perRecord = scenario.job.choices.some(({ operation }) => operation === 'lateWindow');
  const engine = tamper(platform);
  const options = {
    store,
    logger: NULL_LOGGER,
    watermarkPerRecord: perRecord,
    options: { stateBackend: place.backend, 'batch.size': scenario.batchSize, 'checkpoint.interval': scenario.checkpointIntervalMs, 'checkpoint.dir': '/state', 'code.generation': scenario.generateCode },
    ...(resume === undefined ? {} : { resume: resume as never }),
  };
  if (place.workers === 0) return runLocally(build(engine), engine, options);
  const entryUrl = `worker of ${name}`;
  platform.registerThreadEntry(entryUrl, (thread) => {
    const inThread = tamper(thread as SimulatedPlatform);
    return runTaskManagerThread(inThread, async () => build(inThread));
  });
  return runInThreads(build(engine), engine, { ...options, entryUrl, job: undefined, workers: place.workers });
}
