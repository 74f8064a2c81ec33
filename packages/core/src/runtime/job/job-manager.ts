import type { Logger } from '../../base/logger.js';
import type { Platform, TimerHandle } from '../../base/platform.js';
import type { RestoreAdjustments } from '../../checkpoint/adjust-restored.js';
import type { CheckpointStore, StoredCheckpoint } from '../../checkpoint/checkpoint-store.js';
import type { CompletedCheckpoint } from '../../checkpoint/completed-checkpoint.js';
import { buildExecutionGraph, type ExecutionGraph } from '../../graph/execution-graph.js';
import { buildJobGraph } from '../../graph/job-graph.js';
import type { JobHandle, JobResult } from '../../operators/executor.js';
import type { JobProgram } from '../../operators/job-program.js';
import type { TaskSettings } from '../../task/ports.js';
import { CheckpointNotPossible, JobCanceled } from '../errors.js';
import type { MetricReading } from '../task-manager/report.js';
import type { CheckpointTimes } from './checkpoint-schedule.js';
import { CheckpointStatistics } from './checkpoint-statistics.js';
import { describeOperators, type JobDescription, type JobFailure } from './job-description.js';
import { FailureStory } from './failure-story.js';
import { JobAttempt, type AttemptEnd } from './job-attempt.js';
import { addWork, NO_WORK, type WorkDone } from './job-result.js';
import { JobRecovery } from './job-recovery.js';
import { JobStateMachine, type JobState } from './job-state.js';
import { restartHelps } from './restart-helps.js';
import { decideRestart, NO_FAILURES, type RestartHistory, type RestartStrategy } from './restart-strategy.js';
import { checkRestored } from './restored-state.js';
import { silentWindows } from './silent-windows.js';
import type { TaskManagers } from './task-manager-link.js';
import type { WatchdogOptions } from './watchdog.js';

/** What a job is started with. */
export interface JobManagerOptions {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly settings: TaskSettings;
  /** Turns checkpoints on. */
  readonly checkpoints: JobCheckpointOptions | undefined;
  /** Uids whose restored state may be dropped. */
  readonly dropState: readonly string[];
  /** How restored state is fitted to this version of the job. */
  readonly adjustments: RestoreAdjustments;
  readonly watchdog: WatchdogOptions;
  /** When a failed job starts again. */
  readonly restart: RestartStrategy;
  /** The options that differ from their defaults, for `describe`. */
  readonly shownOptions: Readonly<Record<string, unknown>>;
  print(text: string, row: unknown): void;
  emitRow(channel: string, row: unknown): void;
  /** Settles when everything printed has left the process. */
  flush(): Promise<void>;
}

/** Where a job's checkpoints go and what it starts from. */
export interface JobCheckpointOptions extends CheckpointTimes {
  readonly store: CheckpointStore;
  /** The newest checkpoint of the store, none, or what the function gives. */
  readonly resume: 'latest' | 'none' | (() => Promise<CompletedCheckpoint>);
}

/** The task managers of the next attempt are started so long before they are needed. */
const START_AHEAD_MS = 1000;

/**
 * Leads one job through its whole life: claims the store once, has one attempt after the other run the job, decides by the
 * restart strategy what happens after a failure, and settles the job's end. What happens inside an attempt is the
 * business of `job-attempt.ts`.
 */
export class JobManager implements JobHandle {
  readonly done: Promise<JobResult>;
  readonly #program: JobProgram;
  readonly #options: JobManagerOptions;
  readonly #managers: TaskManagers;
  readonly #graph: ExecutionGraph;
  readonly #state: JobStateMachine;
  readonly #recovery: JobRecovery;
  readonly #statistics: CheckpointStatistics;
  readonly #story: FailureStory;
  readonly #startedAt: number;
  readonly #startedMonotonicMs: number;
  #attempt: JobAttempt;
  #restarts: RestartHistory;
  /** What the attempts before this one have done. */
  #before: WorkDone;
  /** Whether the store could be opened and what it holds fits the job: otherwise the run ends before its first attempt. */
  #hasBegun: boolean;
  #stopRequested: boolean;
  #cancelRequested: boolean;
  #waiting: { readonly timer: TimerHandle; readonly resolve: () => void } | undefined;
  #settle!: { resolve(result: JobResult): void; reject(error: unknown): void };

  constructor(program: JobProgram, options: JobManagerOptions, managers: TaskManagers) {
    const { platform, logger, checkpoints, adjustments } = options;
    this.#program = program;
    this.#options = options;
    this.#managers = managers;
    this.#graph = buildExecutionGraph(buildJobGraph(program.streamGraph, { check: options.settings.check }));
    this.#state = new JobStateMachine();
    this.#recovery = new JobRecovery(checkpoints === undefined ? undefined : { ...checkpoints, adjustments, logger });
    this.#statistics = new CheckpointStatistics();
    this.#story = new FailureStory();
    this.#startedAt = platform.clock.now();
    this.#startedMonotonicMs = platform.clock.monotonicMs();
    this.#restarts = NO_FAILURES;
    this.#before = NO_WORK;
    this.#hasBegun = false;
    this.#stopRequested = false;
    this.#cancelRequested = false;
    this.#waiting = undefined;
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#attempt = this.#newAttempt(0);
    void Promise.resolve().then(() => this.#live());
  }

  get state(): JobState {
    return this.#state.state;
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
    const { streamGraph } = this.#program;
    return {
      job: streamGraph.job,
      state: this.#state.state,
      epoch: this.#recovery.epoch,
      attempt: this.#attempt.plan.attempt,
      startedAt: this.#startedAt,
      restarts: this.#restarts.restarts,
      parallelism: streamGraph.parallelism,
      maxParallelism: streamGraph.maxParallelism,
      options: this.#options.shownOptions,
      operators: describeOperators(this.#graph.jobGraph),
      subtasks: this.#attempt.report().subtasks,
      checkpoints: this.#options.checkpoints === undefined ? undefined : this.#statistics.describe(),
      failures: this.#story.entries,
    };
  }

  /** The metrics of all subtasks that are one value, as the task managers last told them. */
  metrics(): readonly MetricReading[] {
    return this.#attempt.report().metrics;
  }

  /** Takes a checkpoint now; resolves when it is stored. */
  checkpoint(): Promise<StoredCheckpoint> {
    const checkpoint = this.#state.state === 'RUNNING' ? this.#attempt.checkpoint() : undefined;
    return checkpoint ?? Promise.reject(CheckpointNotPossible.error({ what: `job "${this.#program.streamGraph.job}" takes no checkpoints at the moment (it is ${this.#state.state})` }));
  }

  async cancel(): Promise<void> {
    this.#cancelRequested = true;
    if (this.#state.mayMoveTo('CANCELLING')) {
      this.#state.moveTo('CANCELLING');
      void this.#attempt.close(this.#canceled());
      this.#goOn();
    }
    await this.done.catch(() => {});
  }

  stop(): Promise<JobResult> {
    this.#stopRequested = true;
    this.#attempt.stopSources();
    this.#goOn();
    return this.done;
  }

  /** The whole life, one attempt after the other. */
  async #live(): Promise<void> {
    let end: AttemptEnd | 'over' = await this.#first();
    while (end !== 'over' && end.kind === 'failed' && this.#state.state !== 'CANCELLING') end = await this.#afterFailure(end.error);
    if (end === 'over') return;
    if (end.kind === 'finished' && this.#state.state === 'RUNNING') await this.#finish();
    // Canceled meanwhile, whatever it was at.
    if (this.#state.state === 'CANCELLING') await this.#endCanceled();
  }

  async #first(): Promise<AttemptEnd> {
    try {
      if (this.#options.checkpoints !== undefined) warnOfMissingUids(this.#graph, this.#options.logger);
      const start = await this.#recovery.open();
      checkRestored(this.#graph, start.restore, this.#options.dropState);
      await this.#validateSinks(start.restore !== undefined);
      this.#hasBegun = true;
      return await this.#attempt.run(start);
    } catch (error) {
      return { kind: 'failed', error };
    }
  }

  /** Closes the failed attempt and, when the strategy allows it, leads the next to its end; `over` when the job has ended. */
  async #afterFailure(error: unknown): Promise<AttemptEnd | 'over'> {
    this.#state.moveTo('FAILING');
    const { platform, logger } = this.#options;
    const failed = this.#attempt;
    const facts = this.#story.happened(error, { at: platform.clock.now(), attempt: failed.plan.attempt, checkpoints: this.#statistics.completedCount });
    const decision = this.#decide(error);
    const closing = failed.close(error);
    const startsNow = decision.kind === 'restart' && decision.delayMs <= START_AHEAD_MS && this.#managers.startSlowly;
    const next = startsNow ? this.#newAttempt(failed.plan.attempt + 1) : undefined;
    const errors = await closing;
    this.#recovery.attemptEnded(failed.checkpointIds);
    if (decision.kind === 'giveUp' || this.#cancelRequested) {
      await next?.close(error);
      this.#story.keep({ ...facts, restartAfterMs: undefined, restoredFrom: undefined });
      if (decision.kind === 'giveUp' && this.#restarts.restarts > 0) logger.error(`the job has failed and is not started again: ${decision.reason}`, { attempt: failed.plan.attempt });
      await this.#endFailed(decision.kind === 'giveUp' ? decision.error : error);
      return 'over';
    }
    if (errors.length > 0) logger.warn('closing the failed attempt gave errors', { errors: errors.map(String) });
    this.#tell({ ...facts, restartAfterMs: decision.delayMs, restoredFrom: this.#recovery.target });
    this.#state.moveTo('RESTARTING');
    return this.#restart(decision.delayMs, next);
  }

  #decide(error: unknown): { readonly kind: 'restart'; readonly delayMs: number } | { readonly kind: 'giveUp'; readonly reason: string; readonly error: unknown } {
    const { platform, restart } = this.#options;
    if (!this.#hasBegun || !restartHelps(error)) return { kind: 'giveUp', reason: 'a restart would only repeat it', error };
    const { history, decision } = decideRestart(restart, this.#restarts, { now: platform.clock.monotonicMs(), random: restart.kind === 'exponential-delay' ? platform.random.nextUint32() / 2 ** 32 : 0 });
    if (decision.kind === 'giveUp') return { ...decision, error };
    const loop = this.#story.endlessLoop(error, this.#program.streamGraph.job);
    if (loop !== undefined) return { kind: 'giveUp', reason: 'the same failure has come three times in a row', error: loop };
    this.#restarts = history;
    return decision;
  }

  /** Waits, then runs the next attempt, whose task managers start while it waits. */
  async #restart(delayMs: number, early: JobAttempt | undefined): Promise<AttemptEnd> {
    const number = this.#attempt.plan.attempt + 1;
    if (early !== undefined) {
      this.#replaceAttempt(early);
      await this.#wait(delayMs);
    } else {
      const ahead = this.#managers.startSlowly ? START_AHEAD_MS : 0;
      await this.#wait(delayMs - ahead);
      if (this.#state.state !== 'RESTARTING') return { kind: 'closed' };
      this.#replaceAttempt(this.#newAttempt(number));
      await this.#wait(ahead);
    }
    if (this.#state.state !== 'RESTARTING') return { kind: 'closed' };
    try {
      this.#removeWorkingState();
      const start = await this.#recovery.again();
      if (this.#state.state !== 'RESTARTING') return { kind: 'closed' };
      const end = this.#attempt.run(start);
      if (this.#stopRequested) this.#attempt.stopSources();
      return await end;
    } catch (error) {
      return { kind: 'failed', error };
    }
  }

  #replaceAttempt(next: JobAttempt): void {
    this.#before = addWork(this.#before, this.#attempt.report());
    this.#attempt = next;
  }

  #newAttempt(attempt: number): JobAttempt {
    const options = this.#options;
    return new JobAttempt(
      { attempt, program: this.#program, graph: this.#graph },
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
        reached: (stage) => this.#state.moveTo(stage === 'created' ? 'CREATED' : 'RUNNING'),
      },
    );
  }

  /** State on disk that the attempt before has worked on is of no use to the next: it is restored from the checkpoint. */
  #removeWorkingState(): void {
    const { stateDirectory } = this.#options.settings;
    if (stateDirectory !== undefined) this.#options.platform.files.removeTree(stateDirectory);
  }

  /** Waits, but no longer than until the job is canceled or stopped. */
  #wait(ms: number): Promise<void> {
    if (ms <= 0 || this.#cancelRequested || this.#stopRequested) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting = { resolve, timer: this.#options.platform.timers.setTimer(ms, resolve) };
    });
  }

  #goOn(): void {
    this.#waiting?.timer.cancel();
    this.#waiting?.resolve();
  }

  /** Each failure is told once. */
  #tell(failure: JobFailure): void {
    this.#story.keep(failure);
    const { number, attempt, code, message, where, inARow, restoredFrom, restartAfterMs } = failure;
    const from = restoredFrom === undefined ? 'the start' : `checkpoint ${restoredFrom}`;
    const again = inARow === 1 ? '' : `, ${inARow} times in a row`;
    this.#options.logger.warn(`failure ${number}${again}: ${code ?? 'an error'}, ${message}. The job goes on from ${from} in ${restartAfterMs} ms`, { attempt, ...where });
    if (number === 1) this.#warnOfWeakEnds();
  }

  /** What a restart costs where a source or sink cannot do better. */
  #warnOfWeakEnds(): void {
    const { nodes } = this.#program.streamGraph;
    const lossy = nodes.filter((node) => node.details?.['replayable'] === false).map((node) => node.name);
    const twice = nodes.filter((node) => node.kind === 'sink' && node.guarantee !== undefined && node.guarantee !== 'exactly-once').map((node) => node.name);
    if (lossy.length > 0) this.#options.logger.warn('what these sources gave since the last checkpoint is lost: they cannot be read again', { sources: lossy });
    if (twice.length > 0) this.#options.logger.info('these sinks are not exactly-once: rows since the last checkpoint come again', { sinks: twice });
  }

  async #validateSinks(resumed: boolean): Promise<void> {
    const { platform } = this.#options;
    for (const node of this.#program.streamGraph.nodes) {
      const program = this.#program.nodes.get(node.id);
      if (program?.kind === 'sink') await program.sink.validate?.({ platform, operator: node.name, resumed });
    }
  }

  async #finish(): Promise<void> {
    const errors = await this.#attempt.close(undefined);
    errors.push(...(await this.#closeStore()));
    await this.#options.flush();
    if (this.#state.state !== 'RUNNING') return;
    if (errors.length > 0) this.#options.logger.warn('closing the job gave errors', { errors: errors.map(String) });
    for (const { operator, recordsIn, reason } of silentWindows(this.#graph.jobGraph, this.#attempt.report().operators)) {
      this.#options.logger.warn(`window "${operator}" took ${recordsIn} records in and gave nothing out: ${reason}`);
    }
    this.#state.moveTo('FINISHED');
    this.#settle.resolve(this.#result('FINISHED'));
  }

  async #endFailed(error: unknown): Promise<void> {
    await this.#closeStore();
    this.#state.moveTo('FAILED');
    this.#settle.reject(error);
  }

  async #endCanceled(): Promise<void> {
    await this.#attempt.close(this.#canceled());
    await this.#closeStore();
    this.#state.moveTo('CANCELED');
    this.#settle.resolve(this.#result('CANCELED'));
  }

  #canceled(): Error {
    const { job } = this.#program.streamGraph;
    return JobCanceled.error({ what: `job "${job}" was canceled`, where: { job } });
  }

  /** Ends the claim on the store; gives what goes wrong in it. */
  async #closeStore(): Promise<unknown[]> {
    try {
      await this.#recovery.close();
      return [];
    } catch (error) {
      return [error];
    }
  }

  #result(state: 'FINISHED' | 'CANCELED'): JobResult {
    const seconds = (this.#options.platform.clock.monotonicMs() - this.#startedMonotonicMs) / 1000;
    return { job: this.#program.streamGraph.job, state, seconds, ...addWork(this.#before, this.#attempt.report()) };
  }
}

/** A derived uid changes with the graph around it, and then the saved state finds its operator no more. */
function warnOfMissingUids({ jobGraph }: ExecutionGraph, logger: Logger): void {
  const without = jobGraph.vertices.flatMap((vertex) => vertex.operators).filter(({ node }) => node.stateful && node.uid === undefined);
  if (without.length === 0) return;
  logger.warn('these operators keep state but have no uid, so a change of the job may lose it; give each one: { uid: … }', { operators: without.map(({ node }) => node.name) });
}
