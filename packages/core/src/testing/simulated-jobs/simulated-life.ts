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
import type { Act, Life, Scenario } from './scenario.js';

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
  #badAct: string | undefined;

  constructor(start: LifeStart) {
    this.name = start.name;
    this.platform = start.platform;
    this.job = startJob(start);
    this.result = undefined;
    this.error = undefined;
    this.hasEnded = false;
    this.#badAct = undefined;
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

  /** Does what its user asks. It may be refused, with a code; `told` hears how it came out. */
  act({ kind, parallelism }: Act, told: (outcome: string) => void): void {
    if (this.hasEnded || this.isDead) return;
    const asked: Promise<unknown> = kind === 'rescale' ? this.job.rescale(parallelism) : kind === 'savepoint' ? this.job.savepoint({ directory: '/savepoints' }) : this.job.checkpoint();
    asked.then(
      () => told('done'),
      (error: unknown) => {
        told(String(error).split('\n')[0] as string);
        if (!this.isDead && !isCoded(error)) this.#badAct = `${this.name} refused a ${kind} without a code: ${error instanceof Error ? error.stack : String(error)}`;
      },
    );
  }

  /** What is wrong with the way it ended, or refused what it was asked, from the engine's own point of view: every failure has a code. */
  get badEnd(): string | undefined {
    if (this.isDead) return undefined;
    if (this.error === undefined || isCoded(this.error)) return this.#badAct;
    return `${this.name} failed without a code: ${this.error instanceof Error ? this.error.stack : String(this.error)}`;
  }
}

function isCoded(error: unknown): boolean {
  return error instanceof MillraceError && !(error instanceof AssertionError);
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
