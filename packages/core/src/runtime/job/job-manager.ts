import type { Logger } from '../../base/logger.js';
import type { Platform } from '../../base/platform.js';
import { adjustRestored, type RestoreAdjustments } from '../../checkpoint/adjust-restored.js';
import type { CheckpointStore, StoredCheckpoint } from '../../checkpoint/checkpoint-store.js';
import type { CompletedCheckpoint } from '../../checkpoint/completed-checkpoint.js';
import { buildExecutionGraph, type ExecutionGraph } from '../../graph/execution-graph.js';
import { graphFingerprint } from '../../graph/fingerprint.js';
import { buildJobGraph } from '../../graph/job-graph.js';
import type { JobHandle, JobResult } from '../../operators/executor.js';
import type { JobProgram } from '../../operators/job-program.js';
import type { TaskSettings } from '../../task/ports.js';
import type { SubtaskDescription } from '../../task/subtask.js';
import { CheckpointNotPossible, JobCanceled } from '../errors.js';
import type { FromTaskManager } from '../task-manager/messages.js';
import type { MetricReading, TaskManagerReport } from '../task-manager/report.js';
import { CheckpointCoordinator } from './checkpoint-coordinator.js';
import { CheckpointSchedule, type CheckpointTimes } from './checkpoint-schedule.js';
import { JobStateMachine, type JobState } from './job-state.js';
import { collectResult } from './job-result.js';
import { placeSubtasks } from './placement.js';
import { checkRestored, restoredSubtask } from './restored-state.js';
import { silentWindows } from './silent-windows.js';
import { SourceCoordinators } from './source-coordinators.js';
import { TaskManagerCrew } from './task-manager-crew.js';
import type { TaskManagers } from './task-manager-link.js';
import { Watchdog, type WatchdogOptions } from './watchdog.js';

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

/**
 * Leads one job from its start to one of its three ends: has its subtasks deployed to the task managers, lets the sources
 * find their splits, takes checkpoints, and ends everything when all input is worked off, when somebody says so, or when
 * something fails. It runs no subtask itself.
 */
export class JobManager implements JobHandle {
  readonly done: Promise<JobResult>;
  readonly #program: JobProgram;
  readonly #options: JobManagerOptions;
  readonly #graph: ExecutionGraph;
  readonly #state: JobStateMachine;
  readonly #abort: AbortController;
  readonly #crew: TaskManagerCrew;
  readonly #codedChannels: boolean;
  readonly #placement: readonly number[];
  readonly #sources: SourceCoordinators;
  readonly #watchdog: Watchdog;
  readonly #startedAt: number;
  readonly #opening: Promise<void>;
  #checkpoints: CheckpointCoordinator | undefined;
  #schedule: CheckpointSchedule | undefined;
  #restore: CompletedCheckpoint | undefined;
  #epoch: number;
  #finalCheckpoint: 'none' | 'taking' | 'taken';
  #closed: Promise<unknown[]> | undefined;
  #settle!: { resolve(result: JobResult): void; reject(error: unknown): void };

  constructor(program: JobProgram, options: JobManagerOptions, managers: TaskManagers) {
    const { platform, logger } = options;
    this.#program = program;
    this.#options = options;
    this.#graph = buildExecutionGraph(buildJobGraph(program.streamGraph, { check: options.settings.check }));
    this.#state = new JobStateMachine();
    this.#abort = new AbortController();
    this.#startedAt = platform.clock.monotonicMs();
    this.#finalCheckpoint = 'none';
    this.#checkpoints = undefined;
    this.#schedule = undefined;
    this.#restore = undefined;
    this.#closed = undefined;
    this.#epoch = 1;
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#placement = placeSubtasks(this.#graph, managers.count);
    this.#codedChannels = managers.codedChannels;
    this.#crew = new TaskManagerCrew(platform, program.streamGraph.job, managers, {
      message: (_manager, message) => this.#receive(message),
      allSettled: () => this.#allSettled(),
      failed: (error) => this.#fail(error),
    });
    this.#sources = new SourceCoordinators(program, this.#graph, {
      platform,
      logger,
      signal: this.#abort.signal,
      send: (subtask, message) => this.#crew.send(this.#placement[subtask] as number, message),
      fail: (error) => this.#fail(error),
    });
    this.#watchdog = new Watchdog({ platform, logger, graph: this.#graph, links: this.#crew.links, options: options.watchdog, fail: (error) => this.#fail(error) });
    this.#opening = Promise.resolve().then(() => this.#start());
  }

  get state(): JobState {
    return this.#state.state;
  }

  onState(listener: (state: JobState, before: JobState) => void): void {
    this.#state.onMove(listener);
  }

  /** How far the job is, for people. */
  progress(): { readonly recordsIn: number; readonly recordsOut: number; readonly seconds: number } {
    const { recordsIn, recordsOut, seconds } = this.#result('FINISHED');
    return { recordsIn, recordsOut, seconds };
  }

  /** What every subtask is doing. */
  describe(): readonly SubtaskDescription[] {
    return this.#crew.report().subtasks;
  }

  /** The metrics of all subtasks that are one value, as the task managers last told them. */
  metrics(): readonly MetricReading[] {
    return this.#crew.report().metrics;
  }

  /** Takes a checkpoint now; resolves when it is stored. */
  checkpoint(): Promise<StoredCheckpoint> {
    // The last checkpoint must not be refused because of one that somebody asked for just before.
    if (this.#checkpoints !== undefined && this.#state.state === 'RUNNING' && this.#finalCheckpoint === 'none') return this.#checkpoints.trigger();
    return Promise.reject(CheckpointNotPossible.error({ what: `job "${this.#program.streamGraph.job}" takes no checkpoints at the moment (it is ${this.#state.state})` }));
  }

  async cancel(): Promise<void> {
    if (this.#state.mayMoveTo('CANCELLING')) {
      const { job } = this.#program.streamGraph;
      this.#state.moveTo('CANCELLING');
      const reason = JobCanceled.error({ what: `job "${job}" was canceled`, where: { job } });
      this.#abort.abort(reason);
      const closing = this.#crew.close(reason);
      await this.#opening;
      await closing;
      await this.#closeAll(reason);
      this.#state.moveTo('CANCELED');
      this.#settle.resolve(this.#result('CANCELED'));
    }
    await this.done.catch(() => {});
  }

  stop(): Promise<JobResult> {
    void this.#opening.then(() => this.#crew.broadcast({ kind: 'stopSources' }));
    return this.done;
  }

  async #start(): Promise<void> {
    try {
      this.#watchdog.start();
      await this.#openStore();
      checkRestored(this.#graph, this.#restore, this.#options.dropState);
      await this.#validateSinks();
      await this.#crew.ready(graphFingerprint(this.#program.streamGraph));
      if (!this.#state.mayMoveTo('CREATED')) return;
      this.#state.moveTo('CREATED');
      await this.#deploy();
      if (!this.#state.mayMoveTo('RUNNING')) return;
      this.#sources.create(this.#restore);
      await this.#sources.start();
      if (!this.#state.mayMoveTo('RUNNING')) return;
      this.#state.moveTo('RUNNING');
      this.#crew.broadcast({ kind: 'start' });
      this.#schedule?.start();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Claims the store for this run, finds what to go on from, and makes the coordinator count on from there. */
  async #openStore(): Promise<void> {
    const { checkpoints, platform, logger } = this.#options;
    if (checkpoints === undefined) return;
    const { store, resume } = checkpoints;
    warnOfMissingUids(this.#graph, logger);
    this.#epoch = await store.open();
    const found = resume === 'latest' ? await store.newest() : resume === 'none' ? undefined : await resume();
    this.#restore = found === undefined ? undefined : adjustRestored(found, this.#options.adjustments);
    if (this.#restore !== undefined) {
      logger.info('the job goes on from a checkpoint', { checkpoint: this.#restore.checkpointId, run: this.#epoch });
      if (hasEnded(this.#restore)) {
        logger.warn('the checkpoint was taken when all input had ended and all windows had fired: records that have come since are late. To let event time start anew: resetWatermarks (--reset-watermarks)');
      }
    }
    const lastId = (await store.list()).reduce((last, stored) => Math.max(last, stored.checkpointId), this.#restore?.checkpointId ?? 0);
    this.#checkpoints = new CheckpointCoordinator(
      {
        job: this.#program.streamGraph.job,
        subtasks: this.#graph.subtasks.length,
        fingerprint: graphFingerprint(this.#program.streamGraph),
        store,
        points: platform.points,
        now: () => platform.clock.now(),
        sendBarrier: (barrier) => {
          const enumerators = this.#sources.snapshot(barrier.checkpointId);
          this.#crew.broadcast({ kind: 'barrier', barrier });
          return enumerators;
        },
        notifyComplete: (checkpointId) => this.#crew.broadcast({ kind: 'checkpointComplete', checkpointId }),
        notifyAborted: (checkpointId) => this.#crew.broadcast({ kind: 'checkpointAborted', checkpointId }),
        fail: (error) => this.#fail(error),
      },
      lastId,
    );
    this.#schedule = new CheckpointSchedule(platform, logger, this.#checkpoints, checkpoints);
  }

  async #validateSinks(): Promise<void> {
    const { platform } = this.#options;
    for (const node of this.#program.streamGraph.nodes) {
      const program = this.#program.nodes.get(node.id);
      if (program?.kind === 'sink') await program.sink.validate?.({ platform, operator: node.name, resumed: this.#restore !== undefined });
    }
  }

  #deploy(): Promise<void> {
    const { settings, dropState } = this.#options;
    const restored = this.#restore === undefined ? undefined : restoredSubtask(this.#restore, dropState);
    return this.#crew.deploy((manager) => ({
      kind: 'deploy',
      manager,
      placement: this.#placement,
      settings,
      epoch: this.#epoch,
      restored,
      codedChannels: this.#codedChannels,
    }));
  }

  #receive(message: FromTaskManager): void {
    switch (message.kind) {
      case 'splitRequested':
        this.#sources.splitRequested(message.subtask);
        return;
      case 'watermark':
        this.#sources.watermark(message.subtask, message.watermark);
        return;
      case 'acknowledged':
        this.#checkpoints?.acknowledge(message.subtask, message.checkpointId, message.snapshot);
        return;
      case 'print':
        this.#options.print(message.text, message.row);
        return;
      case 'row':
        this.#options.emitRow(message.channel, message.row);
        return;
      case 'log':
        this.#options.logger[message.level](message.message, message.fields);
    }
  }

  /** All input is worked off: one last checkpoint lets two-phase sinks commit, then the job is finished. */
  #allSettled(): void {
    if (this.#state.state !== 'RUNNING' || this.#finalCheckpoint === 'taking') return;
    if (this.#checkpoints !== undefined && this.#finalCheckpoint === 'none') {
      this.#finalCheckpoint = 'taking';
      void this.#takeFinalCheckpoint(this.#checkpoints);
      return;
    }
    void this.#finish();
  }

  async #takeFinalCheckpoint(checkpoints: CheckpointCoordinator): Promise<void> {
    this.#schedule?.stop();
    try {
      checkpoints.giveUp('the input has ended and the last checkpoint is taken');
      await checkpoints.idle();
      await checkpoints.trigger();
      this.#finalCheckpoint = 'taken';
      this.#crew.settleAgain();
    } catch (error) {
      this.#fail(error);
    }
  }

  async #finish(): Promise<void> {
    if (this.#closed !== undefined) return;
    this.#abort.abort();
    const errors = await this.#closeAll(undefined);
    await this.#options.flush();
    if (this.#state.state !== 'RUNNING') return;
    if (errors.length > 0) {
      this.#options.logger.warn('closing the job gave errors', { errors: errors.map(String) });
    }
    this.#explainSilence();
    this.#state.moveTo('FINISHED');
    this.#settle.resolve(this.#result('FINISHED'));
  }

  #explainSilence(): void {
    for (const { operator, recordsIn, reason } of silentWindows(this.#graph.jobGraph, this.#crew.report().operators)) {
      this.#options.logger.warn(`window "${operator}" took ${recordsIn} records in and gave nothing out: ${reason}`);
    }
  }

  #fail(error: unknown): void {
    if (!this.#state.mayMoveTo('FAILING')) return;
    this.#state.moveTo('FAILING');
    this.#checkpoints?.giveUp('the job has failed');
    this.#abort.abort(error);
    const closing = this.#crew.close(error);
    void this.#opening
      .then(() => closing)
      .then(() => this.#closeAll(error))
      .then(() => {
        this.#state.moveTo('FAILED');
        this.#settle.reject(error);
      });
  }

  #closeAll(reason: unknown): Promise<unknown[]> {
    this.#closed ??= this.#closeOnce(reason);
    return this.#closed;
  }

  async #closeOnce(reason: unknown): Promise<unknown[]> {
    this.#schedule?.stop();
    const errors = [...(await this.#crew.close(reason))];
    this.#watchdog.stop();
    errors.push(...(await this.#sources.close()));
    await this.#checkpoints?.idle();
    await this.#options.checkpoints?.store.close().catch((error: unknown) => errors.push(error));
    return errors;
  }

  #result(state: 'FINISHED' | 'CANCELED'): JobResult {
    const seconds = (this.#options.platform.clock.monotonicMs() - this.#startedAt) / 1000;
    const report: TaskManagerReport = this.#crew.report();
    return collectResult(this.#program.streamGraph.job, state, seconds, report);
  }
}

/** True when event time had come to its end: the final watermark has passed all operators. */
function hasEnded(checkpoint: CompletedCheckpoint): boolean {
  for (const snapshots of checkpoint.operators.values()) {
    if (snapshots.some((snapshot) => snapshot.watermark === Number.POSITIVE_INFINITY)) return true;
  }
  return false;
}

/** A derived uid changes with the graph around it, and then the saved state finds its operator no more. */
function warnOfMissingUids({ jobGraph }: ExecutionGraph, logger: Logger): void {
  const without = jobGraph.vertices.flatMap((vertex) => vertex.operators).filter(({ node }) => node.stateful && node.uid === undefined);
  if (without.length === 0) return;
  logger.warn('these operators keep state but have no uid, so a change of the job may lose it; give each one: { uid: … }', { operators: without.map(({ node }) => node.name) });
}
