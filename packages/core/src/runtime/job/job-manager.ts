import type { MetricReading } from '../../base/metric-reading.js';
import type { StoredCheckpoint } from '../../checkpoint/checkpoint-store.js';
import type { StoredSavepoint } from '../../checkpoint/savepoint.js';
import type { ParallelismRequest } from '../../graph/rescaled-graph.js';
import type { JobHandle, JobResult, StopOptions } from '../../operators/executor.js';
import type { JobProgram } from '../../operators/job-program.js';
import { CheckpointNotPossible, JobCanceled, StoppedUncommitted } from '../errors.js';
import { CheckpointStatistics } from './checkpoint-statistics.js';
import { describeOperators, type JobDescription } from './job-description.js';
import { FailureJudge, type Judgement } from './failure-judge.js';
import { JobAttempt, type AttemptEnd } from './job-attempt.js';
import { addWork, NO_WORK, type WorkDone } from './job-result.js';
import { planJob, type JobPlan } from './job-plan.js';
import type { JobManagerOptions } from './job-manager-options.js';
import { JobTeller } from './job-listeners.js';
import { JobRecovery } from './job-recovery.js';
import { JobStateMachine, type JobState } from './job-state.js';
import { Pause } from './pause.js';
import type { RegionRestart } from './region-restarts.js';
import { Rescaling } from './rescaling.js';
import type { CompletedCheckpoint } from '../../checkpoint/completed-checkpoint.js';
import { checkRestored, unknownUids } from './restored-state.js';
import { validateSinks, warnOfMissingUids } from './start-checks.js';
import { silentWindows } from './silent-windows.js';
import { SpareKeeper } from './spare-keeper.js';
import type { TaskManagers } from './task-manager-link.js';

/** The task managers of the next attempt are started so long before they are needed. */
const START_AHEAD_MS = 1000;

/**
 * Leads one job through its whole life: claims the store once, has one attempt after the other run the job, decides by the
 * restart strategy what happens after a failure, and settles the job's end. What happens inside an attempt is the
 * business of `job-attempt.ts`.
 */
export class JobManager implements JobHandle {
  readonly done: Promise<JobResult>;
  /** As its author built it. */
  readonly #built: JobProgram;
  readonly #options: JobManagerOptions;
  readonly #managers: TaskManagers;
  readonly #state: JobStateMachine;
  readonly #recovery: JobRecovery;
  readonly #statistics: CheckpointStatistics;
  readonly #teller: JobTeller;
  readonly #judge: FailureJudge;
  readonly #rescaling: Rescaling;
  readonly #spare: SpareKeeper;
  readonly #startedAt: number;
  readonly #startedMonotonicMs: number;
  #plan: JobPlan;
  #attempt: JobAttempt;
  /** What the attempts before this one have done. */
  #before: WorkDone;
  /** Whether the store could be opened and what it holds fits the job: otherwise the run ends before its first attempt. */
  #hasBegun: boolean;
  /** Of the newest failure of a part, which may yet become one of the whole job. */
  #regionJudgement: Judgement | undefined;
  /** Set when the sources are to end, also those of a later attempt. */
  #stopRequested: { readonly drain: boolean } | undefined;
  /** The savepoint that the job has stopped with. */
  #lastSavepoint: StoredSavepoint | undefined;
  #cancelRequested: boolean;
  readonly #pause: Pause;
  #settle!: { resolve(result: JobResult): void; reject(error: unknown): void };

  constructor(program: JobProgram, options: JobManagerOptions, managers: TaskManagers) {
    const { platform, logger, checkpoints, adjustments } = options;
    this.#built = program;
    this.#options = options;
    this.#managers = managers;
    this.#plan = planJob(program, options.settings);
    this.#state = new JobStateMachine();
    this.#recovery = new JobRecovery(checkpoints === undefined ? undefined : { ...checkpoints, adjustments, logger, endsByItself: program.streamGraph.nodes.every((node) => node.unbounded !== true) });
    this.#statistics = new CheckpointStatistics((stats) => this.#teller.checkpoint(stats));
    this.#teller = new JobTeller(options, () => ({ job: program.streamGraph.job, at: platform.clock.now(), metrics: this.metrics() }));
    this.#judge = new FailureJudge({ platform, logger, graph: program.streamGraph, restart: options.restart });
    this.#rescaling = new Rescaling({
      built: program,
      settings: options.settings,
      logger,
      timers: platform.timers,
      hasCheckpoints: checkpoints !== undefined,
      state: this.#state,
      plan: () => this.#plan,
      attempt: () => this.#attempt,
      isStopping: () => this.#stopRequested !== undefined,
      newAttempt: (attempt, plan) => this.#newAttempt(attempt, plan),
    });
    this.#spare = new SpareKeeper({
      timers: platform.timers,
      mayBeOfUse: options.restart.kind !== 'none',
      recordsIn: () => this.progress().recordsIn,
      keepReady: (count) => void managers.keepReady(count),
    });
    this.#startedAt = platform.clock.now();
    this.#startedMonotonicMs = platform.clock.monotonicMs();
    this.#before = NO_WORK;
    this.#hasBegun = false;
    this.#regionJudgement = undefined;
    this.#stopRequested = undefined;
    this.#lastSavepoint = undefined;
    this.#cancelRequested = false;
    this.#pause = new Pause(platform.timers);
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#attempt = this.#newAttempt(0, this.#plan);
    Promise.resolve().then(() => this.#live()).catch((error: unknown) => this.#settle.reject(error));
  }

  get state(): JobState {
    return this.#state.state;
  }

  /** The program as it runs now: with the parallelism of the last rescale. */
  get program(): JobProgram {
    return this.#plan.program;
  }

  onState(listener: (state: JobState, before: JobState) => void): void {
    this.#state.onMove(listener);
  }

  /** How far the job is, for people. Records that were read again after a restart count again. */
  progress(): { readonly recordsIn: number; readonly recordsOut: number; readonly seconds: number } {
    const { recordsIn, recordsOut, seconds } = this.#result('FINISHED');
    return { recordsIn, recordsOut, seconds };
  }

  /** The job as it is now: state, plan, subtasks, checkpoints, and what has gone wrong. */
  describe(): JobDescription {
    const { streamGraph } = this.#plan.program;
    return {
      job: streamGraph.job,
      state: this.#state.state,
      epoch: this.#recovery.epoch,
      attempt: this.#attempt.plan.attempt,
      startedAt: this.#startedAt,
      restarts: this.#judge.restarts,
      parallelism: streamGraph.parallelism,
      maxParallelism: streamGraph.maxParallelism,
      options: this.#options.shownOptions,
      operators: describeOperators(this.#plan.graph.jobGraph, this.#options.checkpoints?.mode),
      subtasks: this.#attempt.report().subtasks,
      checkpoints: this.#options.checkpoints === undefined ? undefined : this.#statistics.describe(),
      failures: this.#judge.failures,
    };
  }

  /** The metrics of the job and of all its subtasks, as the task managers last told them. */
  metrics(): readonly MetricReading[] {
    const now = this.#options.platform.clock.now();
    const job: readonly MetricReading[] = [
      { scope: ['job'], name: 'numRestarts', value: this.#judge.restarts },
      { scope: ['job'], name: 'uptime', value: now - this.#startedAt },
    ];
    const checkpoints = this.#options.checkpoints === undefined ? [] : this.#statistics.metrics(now);
    return [...job, ...checkpoints, ...this.#attempt.report().metrics];
  }

  /** Takes a checkpoint now; resolves when it is stored. */
  checkpoint(): Promise<StoredCheckpoint> {
    return this.#whileRunning('checkpoints', () => this.#attempt.checkpoint());
  }

  /**
   * Takes a savepoint: a whole checkpoint of its own, in a new directory `savepoint-<job>-<number>` inside `directory`. It
   * commits nothing, and the job goes on. It waits for a checkpoint under way. Resolves when it is durable; rejects by code
   * when it cannot be written, takes longer than a checkpoint may, or is overtaken by the end, a restart or a rescale of the
   * job.
   */
  savepoint({ directory }: { readonly directory: string }): Promise<StoredSavepoint> {
    return this.#whileRunning('savepoints', () => this.#attempt.savepoint(directory));
  }

  #whileRunning<T>(what: string, take: () => Promise<T> | undefined): Promise<T> {
    const taken = this.#state.state === 'RUNNING' ? take() : undefined;
    const without = this.#options.checkpoints === undefined ? ', without a checkpoint directory' : '';
    return taken ?? Promise.reject(CheckpointNotPossible.error({ what: `job "${this.#built.streamGraph.job}" takes no ${what} at the moment (it is ${this.#state.state}${without})` }));
  }

  /**
   * Gives the running job another parallelism: for all operators that have none of their own, or by operator uid. Takes a
   * checkpoint and goes on from it, in the same process and with as many workers as it then has use for. Resolves when
   * records flow again. Refused with a code, and the job goes on as it was, when it cannot take a checkpoint now or the
   * parallelism is not possible. Rows that sinks without exactly-once wrote after the checkpoint come again.
   */
  rescale(request: ParallelismRequest): Promise<void> {
    return this.#rescaling.start(request);
  }

  async cancel(): Promise<void> {
    this.#cancelRequested = true;
    this.#pause.end();
    if (this.#state.mayMoveTo('CANCELLING')) {
      this.#state.moveTo('CANCELLING');
      void this.#attempt.close(this.#canceled());
    }
    await this.done.catch(() => {});
  }

  stop({ drain = false, savepoint }: StopOptions = {}): Promise<JobResult> {
    if (savepoint !== undefined) return this.#stopWith(savepoint, drain);
    this.#stopRequested = { drain };
    this.#attempt.stopSources(drain);
    // Whoever stops a job need not wait for its restart; if that fails too, the next is no faster than any other.
    this.#pause.cut();
    return this.done;
  }

  async #stopWith(directory: string, drain: boolean): Promise<JobResult> {
    this.#lastSavepoint = await this.#whileRunning('savepoints', () => this.#attempt.stopWithSavepoint(directory, drain));
    return this.done;
  }

  /** The whole life, one attempt after the other. */
  async #live(): Promise<void> {
    let end: AttemptEnd | 'over' = await this.#first();
    for (;;) {
      const { next } = this.#rescaling;
      if (next !== undefined && this.#state.state === 'RESTARTING') {
        end = await this.#runRescaled(next);
        continue;
      }
      await this.#rescaling.fail(end !== 'over' && end.kind === 'failed' ? end.error : this.#canceled());
      if (end === 'over') return;
      if (end.kind !== 'failed' || this.#state.state === 'CANCELLING') break;
      end = await this.#afterFailure(end.error);
    }
    if (end.kind === 'finished' && this.#state.state === 'RUNNING') await this.#finish();
    // Canceled meanwhile, whatever it was at.
    if (this.#state.state === 'CANCELLING') await this.#endCanceled();
  }

  async #first(): Promise<AttemptEnd> {
    try {
      const { checkpoints, dropState, logger, platform } = this.#options;
      if (checkpoints !== undefined) warnOfMissingUids(this.#plan.graph, logger);
      const start = await this.#recovery.open();
      checkRestored(this.#plan.graph, start.restore, dropState);
      warnOfUnknownUids(start.restore, this.#options);
      await validateSinks(this.#built, platform, checkpoints?.intervalMs, start.restore !== undefined);
      this.#hasBegun = true;
      return await this.#attempt.run(start);
    } catch (error) {
      return { kind: 'failed', error };
    }
  }

  /** The attempt before was closed for a rescale: waits until nothing is left of it, and lets the next go on. */
  async #runRescaled(next: JobAttempt): Promise<AttemptEnd> {
    const before = this.#attempt;
    this.#rescaling.taken();
    await before.close(undefined);
    this.#recovery.attemptEnded(before.checkpointIds);
    this.#plan = next.plan;
    this.#replaceAttempt(next);
    return this.#runAgain();
  }

  /** Closes the failed attempt and, when the strategy allows it, leads the next to its end; `over` when the job has ended. */
  async #afterFailure(error: unknown): Promise<AttemptEnd | 'over'> {
    this.#state.moveTo('FAILING');
    const failed = this.#attempt;
    const known = this.#regionJudgement;
    this.#regionJudgement = undefined;
    const judgement = known !== undefined && known.error === error ? known : this.#judgementOf(error);
    const { decision } = judgement;
    void this.#rescaling.abandon();
    const errors = await failed.close(error);
    this.#recovery.attemptEnded(failed.checkpointIds);
    if (this.#lastSavepoint !== undefined) {
      // Another attempt would read on, past the savepoint that somebody may have resumed by then.
      this.#judge.ends(judgement);
      await this.#endFailed(this.#uncommitted(this.#lastSavepoint, error));
      return 'over';
    }
    if (decision.kind === 'giveUp' || this.#cancelRequested) {
      this.#judge.ends(judgement);
      await this.#endFailed(decision.kind === 'giveUp' ? decision.error : error);
      return 'over';
    }
    if (errors.length > 0) this.#options.logger.warn('closing the failed attempt gave errors', { errors: errors.map(String) });
    this.#judge.goesOn(judgement, 'job', this.#recovery.target);
    this.#state.moveTo('RESTARTING');
    return this.#restart(decision.delayMs);
  }

  #judgementOf(error: unknown): Judgement {
    return this.#judge.judge(error, { attempt: this.#attempt.plan.attempt, checkpoints: this.#statistics.completedCount, mayRestart: this.#hasBegun });
  }

  /** A part of the running attempt has failed: whether it may start again without the rest. */
  #regionFailed(error: unknown): RegionRestart | undefined {
    if (this.#options.failover !== 'region' || this.#state.state !== 'RUNNING' || this.#rescaling.isUnderWay || this.#stopRequested) return undefined;
    const judgement = this.#judgementOf(error);
    this.#regionJudgement = judgement;
    if (judgement.decision.kind === 'giveUp') return undefined;
    return {
      delayMs: judgement.decision.delayMs,
      goesOnFrom: (checkpointId) => this.#judge.goesOn(judgement, 'region', checkpointId),
      read: async (ids) => {
        this.#recovery.attemptEnded(ids);
        const { restore } = await this.#recovery.again();
        this.#spare.begin();
        return restore;
      },
    };
  }

  /** Waits, then runs the next attempt, whose task managers start while it waits. */
  async #restart(delayMs: number): Promise<AttemptEnd> {
    const ahead = this.#managers.startSlowly ? Math.min(delayMs, START_AHEAD_MS) : 0;
    await this.#pause.wait(delayMs - ahead);
    if (this.#state.state !== 'RESTARTING') return { kind: 'closed' };
    this.#replaceAttempt(this.#newAttempt(this.#attempt.plan.attempt + 1, this.#plan));
    await this.#pause.wait(ahead);
    return this.#runAgain();
  }

  /** Lets the current attempt go on from the newest checkpoint. */
  async #runAgain(): Promise<AttemptEnd> {
    if (this.#state.state !== 'RESTARTING') return { kind: 'closed' };
    try {
      this.#removeWorkingState();
      const start = await this.#recovery.again();
      if (this.#state.state !== 'RESTARTING') return { kind: 'closed' };
      const end = this.#attempt.run(start);
      if (this.#stopRequested !== undefined) this.#attempt.stopSources(this.#stopRequested.drain);
      return await end;
    } catch (error) {
      return { kind: 'failed', error };
    }
  }

  #replaceAttempt(next: JobAttempt): void {
    this.#before = addWork(this.#before, this.#attempt.report());
    this.#attempt = next;
  }

  #newAttempt(attempt: number, plan: JobPlan): JobAttempt {
    const options = this.#options;
    return new JobAttempt(
      { ...plan, attempt },
      {
        platform: options.platform,
        logger: options.logger,
        settings: options.settings,
        managers: this.#managers,
        dropState: options.dropState,
        watchdog: options.watchdog,
        checkpoints: options.checkpoints,
        statistics: this.#statistics,
        print: (text, row) => options.print(text, row),
        emitRow: (channel, row) => options.emitRow(channel, row),
        regionFailed: (error) => this.#regionFailed(error),
        reached: (stage) => this.#reached(stage),
      },
    );
  }

  #reached(stage: 'created' | 'running'): void {
    this.#state.moveTo(stage === 'created' ? 'CREATED' : 'RUNNING');
    if (stage !== 'running') return;
    this.#rescaling.flows();
    this.#spare.begin();
  }

  /** State on disk that the attempt before has worked on is of no use to the next: it is restored from the checkpoint. */
  #removeWorkingState(): void {
    const { stateDirectory } = this.#options.settings;
    if (stateDirectory !== undefined) this.#options.platform.files.removeTree(stateDirectory);
  }

  async #finish(): Promise<void> {
    const errors = await this.#attempt.close(undefined);
    errors.push(...(await this.#closeRest()));
    try {
      await this.#options.flush();
    } catch (error) {
      // What was printed has not left the process: nobody reads it any more.
      if (this.#state.state !== 'RUNNING') return;
      this.#state.moveTo('FAILING');
      return this.#endFailed(error);
    }
    if (this.#state.state !== 'RUNNING') return;
    if (errors.length > 0) this.#options.logger.warn('closing the job gave errors', { errors: errors.map(String) });
    for (const { operator, recordsIn, reason } of silentWindows(this.#plan.graph.jobGraph, this.#attempt.report().operators)) {
      this.#options.logger.warn(`window "${operator}" took ${recordsIn} records in and gave nothing out: ${reason}`);
    }
    this.#teller.end();
    this.#state.moveTo('FINISHED');
    this.#settle.resolve(this.#result('FINISHED'));
  }

  async #endFailed(error: unknown): Promise<void> {
    await this.#closeRest();
    this.#teller.end();
    this.#state.moveTo('FAILED');
    this.#settle.reject(error);
  }

  async #endCanceled(): Promise<void> {
    await this.#attempt.close(this.#canceled());
    await this.#closeRest();
    this.#teller.end();
    this.#state.moveTo('CANCELED');
    this.#settle.resolve(this.#result('CANCELED'));
  }

  #uncommitted({ path }: StoredSavepoint, cause: unknown): Error {
    const { job } = this.#built.streamGraph;
    return StoppedUncommitted.error({ what: `job "${job}" has stopped with the savepoint ${path}, and then failed: ${cause instanceof Error ? cause.message : String(cause)}`, where: { job }, cause });
  }

  #canceled(): Error {
    const { job } = this.#built.streamGraph;
    return JobCanceled.error({ what: `job "${job}" was canceled`, where: { job } });
  }

  /** Ends what was kept ready and the claim on the store; gives what goes wrong in it. */
  async #closeRest(): Promise<unknown[]> {
    this.#spare.end();
    await this.#rescaling.abandon();
    await this.#managers.close();
    try {
      await this.#recovery.close();
      return [];
    } catch (error) {
      return [error];
    }
  }

  #result(state: 'FINISHED' | 'CANCELED'): JobResult {
    const seconds = (this.#options.platform.clock.monotonicMs() - this.#startedMonotonicMs) / 1000;
    return { job: this.#built.streamGraph.job, state, seconds, ...addWork(this.#before, this.#attempt.report()), ...(this.#lastSavepoint === undefined ? {} : { savepoint: this.#lastSavepoint.path }) };
  }
}

/** Not refused: the choice stands in the command line of a service still when a later restart has nothing to rename or drop. */
function warnOfUnknownUids(restore: CompletedCheckpoint | undefined, { adjustments, dropState, logger }: JobManagerOptions): void {
  const unknown = restore === undefined ? [] : unknownUids(restore, adjustments.mapUid ?? {}, dropState);
  if (unknown.length > 0) logger.warn('what was to be renamed or dropped is not in the checkpoint: misspelt, or done by an earlier restart', { uids: unknown });
}
