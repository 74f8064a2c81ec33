import type { Logger } from '../../base/logger.js';
import type { Timers } from '../../base/platform.js';
import { graphFingerprint } from '../../graph/fingerprint.js';
import { requestParallelism, type ParallelismRequest } from '../../graph/rescaled-graph.js';
import type { JobProgram } from '../../operators/job-program.js';
import { RescaleNotPossible } from '../errors.js';
import type { JobAttempt } from './job-attempt.js';
import { planJob, type JobPlan } from './job-plan.js';
import type { JobStateMachine } from './job-state.js';

/** New workers may take so long to load the job; then the rescale is refused, and the job goes on as it was. */
const PREPARE_TIMEOUT_MS = 60_000;

/** A rescale whose checkpoint is taken: the attempt that is to take over, and whoever waits for that. */
interface Handover {
  /** Undefined once it has its turn. */
  next: JobAttempt | undefined;
  resolve(): void;
  reject(error: unknown): void;
}

/** What a rescale sees of the job. */
export interface RescaledJob {
  /** As its author built it. */
  readonly built: JobProgram;
  readonly settings: { readonly check: boolean };
  readonly logger: Logger;
  readonly timers: Timers;
  readonly hasCheckpoints: boolean;
  readonly state: JobStateMachine;
  /** As it runs now. */
  plan(): JobPlan;
  /** The one that runs. */
  attempt(): JobAttempt;
  /** Its sources were told to end. */
  isStopping(): boolean;
  newAttempt(attempt: number, plan: JobPlan): JobAttempt;
}

/**
 * Gives a running job another parallelism: prepares the attempt that is to take over, has the running one take a checkpoint,
 * closes it, and keeps the next ready until the job's own loop takes it. One rescale at a time.
 */
export class Rescaling {
  readonly #job: RescaledJob;
  #isUnderWay: boolean;
  #handover: Handover | undefined;
  /** Its task managers are loading the job. */
  #preparing: JobAttempt | undefined;

  constructor(job: RescaledJob) {
    this.#job = job;
    this.#isUnderWay = false;
    this.#handover = undefined;
    this.#preparing = undefined;
  }

  /** From the request until records flow again, or it was refused. */
  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** The attempt whose turn it is once the one before is closed; undefined when none waits. */
  get next(): JobAttempt | undefined {
    return this.#handover?.next;
  }

  /** The attempt that waited has its turn. */
  taken(): void {
    if (this.#handover !== undefined) this.#handover.next = undefined;
  }

  /** Does it; resolves when records flow again. Rejects with a code when it is not possible, and the job goes on as it was. */
  async start(request: ParallelismRequest): Promise<void> {
    const { built, settings, state, hasCheckpoints } = this.#job;
    const attempt = this.#job.attempt();
    const isStopping = this.#job.isStopping();
    if (!hasCheckpoints) throw this.#refusal('it has no checkpoints');
    if (this.#isUnderWay) throw this.#refusal('another rescale is under way');
    if (state.state !== 'RUNNING' || !attempt.takesCheckpoints || isStopping) throw this.#refusal(`it is ${isStopping ? 'being stopped' : state.state === 'RUNNING' ? 'coming to its end' : state.state}`);
    const before = this.#job.plan();
    const plan = planJob(built, { check: settings.check, parallelism: requestParallelism(before.parallelism, request) });
    if (graphFingerprint(plan.program.streamGraph) === graphFingerprint(before.program.streamGraph)) return;
    this.#isUnderWay = true;
    try {
      await this.#handOver(attempt, this.#job.newAttempt(attempt.plan.attempt + 1, plan));
    } finally {
      this.#isUnderWay = false;
    }
  }

  /** Has the running attempt take a checkpoint from which the next goes on; resolves when records flow there. */
  async #handOver(attempt: JobAttempt, next: JobAttempt): Promise<void> {
    const { state, logger } = this.#job;
    try {
      await this.#prepare(next);
      const { checkpointId } = await attempt.checkpointWhenFree();
      if (this.#job.attempt() !== attempt || !attempt.takesCheckpoints || state.state !== 'RUNNING') throw this.#refusal('it has failed or come to its end meanwhile');
      logger.info('the job is rescaled', { checkpoint: checkpointId, subtasksBefore: attempt.plan.graph.subtasks.length, subtasks: next.plan.graph.subtasks.length });
    } catch (error) {
      this.#preparing = undefined;
      await next.close(error);
      throw error;
    }
    const flowing = new Promise<void>((resolve, reject) => {
      this.#handover = { next, resolve, reject };
    });
    state.moveTo('RESTARTING');
    void attempt.close(this.#refusal('it is being rescaled'));
    await flowing;
  }

  /** Waits until the task managers of the next attempt have built the job, but not for ever. */
  async #prepare(next: JobAttempt): Promise<void> {
    let isLate = false;
    const timer = this.#job.timers.setTimer(PREPARE_TIMEOUT_MS, () => {
      isLate = true;
      void next.close(undefined);
    }, { keepsAlive: false });
    this.#preparing = next;
    try {
      await next.prepared();
    } finally {
      timer.cancel();
    }
    if (isLate) throw this.#refusal(`its new workers have not loaded it within ${PREPARE_TIMEOUT_MS / 1000} s`);
    if (this.#preparing !== next) throw this.#refusal('it has failed or come to its end meanwhile');
    this.#preparing = undefined;
  }

  /** The running attempt has come to its end: nothing is prepared any more for what would have taken over from it. */
  async abandon(): Promise<void> {
    const preparing = this.#preparing;
    this.#preparing = undefined;
    await preparing?.close(undefined);
  }

  /** Records flow again. */
  flows(): void {
    this.#handover?.resolve();
    this.#handover = undefined;
  }

  /** The job, or the new attempt, came to its end before records flowed again. */
  async fail(error: unknown): Promise<void> {
    const handover = this.#handover;
    if (handover === undefined) return;
    this.#handover = undefined;
    handover.reject(error);
    // Before it had its turn.
    await handover.next?.close(error);
  }

  #refusal(why: string): Error {
    const { job } = this.#job.built.streamGraph;
    return RescaleNotPossible.error({ what: `job "${job}" cannot be rescaled: ${why}`, where: { job } });
  }
}
