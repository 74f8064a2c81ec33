import { MillraceError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import type { MetricRegistry } from '../../base/metrics.js';
import type { Platform } from '../../base/platform.js';
import { adjustRestored, type RestoreAdjustments } from '../../checkpoint/adjust-restored.js';
import type { CheckpointStore, StoredCheckpoint } from '../../checkpoint/checkpoint-store.js';
import type { CompletedCheckpoint } from '../../checkpoint/completed-checkpoint.js';
import type { Source, Split } from '../../connector/source.js';
import type { WatermarkStrategy } from '../../functions/watermark-strategy.js';
import { buildExecutionGraph, type ExecutionGraph, type ExecutionSubtask } from '../../graph/execution-graph.js';
import { graphFingerprint } from '../../graph/fingerprint.js';
import { buildJobGraph } from '../../graph/job-graph.js';
import type { JobHandle, JobResult } from '../../operators/executor.js';
import type { JobProgram } from '../../operators/job-program.js';
import type { BarrierElement } from '../../record/element.js';
import type { SubtaskEnvironment, TaskSettings } from '../../task/ports.js';
import type { SubtaskDescription } from '../../task/subtask.js';
import { buildSubtask, type BuiltSubtask } from '../../task/subtask-builder.js';
import { CheckpointNotPossible, JobCanceled, OperatorOpenFailed } from '../errors.js';
import { CheckpointCoordinator } from './checkpoint-coordinator.js';
import { CheckpointSchedule, type CheckpointTimes } from './checkpoint-schedule.js';
import { stateOf } from './state-of.js';
import { JobStateMachine, type JobState } from './job-state.js';
import { collectResult } from './job-result.js';
import { checkRestored, restoredSubtask } from './restored-state.js';
import { silentWindows } from './silent-windows.js';
import { SourceCoordinator } from './source-coordinator.js';
import { layChannels, type SubtaskChannels } from './subtask-channels.js';
import { TaskLoop } from './task-loop.js';
import { WatermarkAlignmentCoordinator } from './watermark-alignment.js';

/** What a local job is started with. */
export interface LocalJobOptions {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly metrics: MetricRegistry;
  readonly settings: TaskSettings;
  /** Turns checkpoints on. */
  readonly checkpoints: LocalCheckpointOptions | undefined;
  /** Uids whose restored state may be dropped. */
  readonly dropState: readonly string[];
  /** How restored state is fitted to this version of the job. */
  readonly adjustments: RestoreAdjustments;
  print(text: string, row: unknown): void;
  emitRow(channel: string, row: unknown): void;
  /** Settles when everything printed has left the process. */
  flush(): Promise<void>;
}

/** Where a job's checkpoints go and what it starts from. */
export interface LocalCheckpointOptions extends CheckpointTimes {
  readonly store: CheckpointStore;
  /** The newest checkpoint of the store, none, or what the function gives. */
  readonly resume: 'latest' | 'none' | (() => Promise<CompletedCheckpoint>);
}

/**
 * Runs one job in the calling thread: the JobManager and the only TaskManager in one. It lays the graph out, opens the
 * subtasks, lets the sources find their splits, drives the loop, and ends the job in one of its three ways.
 */
export class LocalJob implements JobHandle {
  readonly done: Promise<JobResult>;
  readonly #program: JobProgram;
  readonly #options: LocalJobOptions;
  readonly #graph: ExecutionGraph;
  readonly #state: JobStateMachine;
  readonly #abort: AbortController;
  readonly #loop: TaskLoop;
  readonly #tasks: BuiltSubtask[];
  readonly #coordinators: Map<string, SourceCoordinator>;
  readonly #alignment: WatermarkAlignmentCoordinator;
  /** By subtask: how a source tells its watermark to its alignment group. */
  readonly #reports: Map<number, (watermark: number) => void>;
  readonly #startedAt: number;
  #checkpoints: CheckpointCoordinator | undefined;
  #schedule: CheckpointSchedule | undefined;
  #restore: CompletedCheckpoint | undefined;
  #epoch: number;
  readonly #opening: Promise<void>;
  #finalCheckpoint: 'none' | 'taking' | 'taken';
  #settle!: { resolve(result: JobResult): void; reject(error: unknown): void };

  constructor(program: JobProgram, options: LocalJobOptions) {
    this.#program = program;
    this.#options = options;
    this.#graph = buildExecutionGraph(buildJobGraph(program.streamGraph, { check: options.settings.check }));
    this.#state = new JobStateMachine();
    this.#abort = new AbortController();
    this.#loop = new TaskLoop(options.platform, { failed: (error) => this.#fail(error), allEnded: () => this.#allEnded() });
    this.#tasks = [];
    this.#coordinators = new Map();
    this.#alignment = new WatermarkAlignmentCoordinator();
    this.#reports = new Map();
    this.#startedAt = options.platform.clock.monotonicMs();
    this.#finalCheckpoint = 'none';
    this.#checkpoints = undefined;
    this.#schedule = undefined;
    this.#restore = undefined;
    this.#epoch = 1;
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
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
    return this.#tasks.map((task) => task.subtask.describe());
  }

  /** Takes a checkpoint now; resolves when it is stored. */
  checkpoint(): Promise<StoredCheckpoint> {
    if (this.#checkpoints !== undefined && this.#state.state === 'RUNNING') return this.#checkpoints.trigger();
    return Promise.reject(CheckpointNotPossible.error({ what: `job "${this.#program.streamGraph.job}" takes no checkpoints at the moment (it is ${this.#state.state})` }));
  }

  async cancel(): Promise<void> {
    if (this.#state.mayMoveTo('CANCELLING')) {
      this.#state.moveTo('CANCELLING');
      this.#loop.stop();
      this.#abort.abort(JobCanceled.error({ what: `job "${this.#program.streamGraph.job}" was canceled`, where: { job: this.#program.streamGraph.job } }));
      await this.#opening;
      await this.#closeAll();
      this.#state.moveTo('CANCELED');
      this.#settle.resolve(this.#result('CANCELED'));
    }
    await this.done.catch(() => {});
  }

  stop(): Promise<JobResult> {
    void this.#opening.then(() => {
      this.#tasks.forEach((task, index) => {
        task.source?.input.stop();
        this.#loop.wake(index);
      });
    });
    return this.done;
  }

  async #start(): Promise<void> {
    try {
      const channels = layChannels(this.#graph, this.#program, this.#options);
      await this.#openStore();
      checkRestored(this.#graph, this.#restore, this.#options.dropState);
      await this.#validateSinks();
      if (!this.#state.mayMoveTo('CREATED')) return;
      this.#state.moveTo('CREATED');
      for (const execution of this.#graph.subtasks) await this.#open(execution, channels);
      for (const vertex of this.#graph.jobGraph.vertices) this.#coordinate(vertex.id);
      await Promise.all([...this.#coordinators.values()].map((coordinator) => coordinator.start()));
      if (!this.#state.mayMoveTo('RUNNING')) return;
      this.#state.moveTo('RUNNING');
      this.#loop.start();
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
    this.#epoch = await store.open();
    const found = resume === 'latest' ? await store.newest() : resume === 'none' ? undefined : await resume();
    this.#restore = found === undefined ? undefined : adjustRestored(found, this.#options.adjustments);
    if (this.#restore !== undefined) logger.info('the job goes on from a checkpoint', { checkpoint: this.#restore.checkpointId, run: this.#epoch });
    const lastId = (await store.list()).reduce((last, stored) => Math.max(last, stored.checkpointId), this.#restore?.checkpointId ?? 0);
    this.#checkpoints = new CheckpointCoordinator(
      {
        job: this.#program.streamGraph.job,
        subtasks: this.#graph.subtasks.length,
        fingerprint: graphFingerprint(this.#program.streamGraph),
        store,
        now: () => platform.clock.now(),
        sendBarrier: (barrier) => this.#sendBarrier(barrier),
        notifyComplete: (id) => this.#tasks.forEach((task) => task.subtask.checkpointComplete(id)),
        notifyAborted: (id) => this.#tasks.forEach((task) => task.subtask.abortCheckpoint(id)),
        fail: (error) => this.#fail(error),
      },
      lastId,
    );
    this.#schedule = new CheckpointSchedule(platform, logger, this.#checkpoints, checkpoints);
  }

  async #validateSinks(): Promise<void> {
    const { restore, platform } = { restore: this.#restore, platform: this.#options.platform };
    for (const node of this.#program.streamGraph.nodes) {
      const program = this.#program.nodes.get(node.id);
      if (program?.kind === 'sink') await program.sink.validate?.({ platform, operator: node.name, resumed: restore !== undefined });
    }
  }

  async #open(execution: ExecutionSubtask, channels: SubtaskChannels): Promise<void> {
    if (this.#abort.signal.aborted) return;
    const { dropState } = this.#options;
    const restore = this.#restore;
    const plan = {
      execution,
      program: this.#program,
      incoming: channels.incoming(execution),
      outgoing: channels.outgoing(execution),
      restored: restore === undefined ? undefined : restoredSubtask(restore, dropState),
    };
    try {
      const task = await buildSubtask(plan, this.#environment(execution));
      this.#tasks.push(task);
      this.#loop.add(task.subtask);
    } catch (error) {
      if (error instanceof MillraceError) throw error;
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      throw OperatorOpenFailed.error({
        what: `${execution.vertex.name}: ${reason}`,
        where: { job: this.#program.streamGraph.job, operator: execution.vertex.name, subtask: execution.index },
        cause: error,
      });
    }
  }

  #environment(execution: ExecutionSubtask): SubtaskEnvironment {
    const { options, uid } = { options: this.#options, uid: execution.vertex.operators[0]?.uid ?? '' };
    return {
      platform: options.platform,
      logger: options.logger,
      metrics: options.metrics,
      signal: this.#abort.signal,
      job: this.#program.streamGraph.job,
      attempt: 0,
      epoch: this.#epoch,
      settings: options.settings,
      coordinator: {
        requestSplit: () => this.#coordinators.get(uid)?.splitRequested(execution.index),
        acknowledge: (checkpointId, snapshot) => this.#checkpoints?.acknowledge(execution.id, checkpointId, snapshot),
        reportWatermark: (_group, watermark) => this.#reports.get(execution.id)?.(watermark),
      },
      createState: (request) => stateOf(request, options),
      print: (text, row) => options.print(text, row),
      emitRow: (channel, row) => options.emitRow(channel, row),
      wake: () => this.#loop.wake(execution.id),
    };
  }

  /** Makes the coordinator of a vertex that starts with a source. */
  #coordinate(vertexId: number): void {
    const vertex = this.#graph.jobGraph.vertices[vertexId];
    const head = vertex?.operators[0];
    const program = head === undefined ? undefined : this.#program.nodes.get(head.node.id);
    if (vertex === undefined || head === undefined || program?.kind !== 'source') return;
    const tasks = this.#graph.subtasks.filter((subtask) => subtask.vertex.id === vertexId).map((subtask) => this.#tasks[subtask.id] as BuiltSubtask);
    const to = (index: number, action: (task: BuiltSubtask) => void): void => {
      const task = tasks[index] as BuiltSubtask;
      task.subtask.inOrderWithBarriers(() => {
        action(task);
        this.#loop.wake(this.#tasks.indexOf(task));
      });
    };
    this.#align(program.watermarks, tasks);
    const coordinator = new SourceCoordinator(
      program.source as Source<unknown>,
      {
        platform: this.#options.platform,
        logger: this.#options.logger.child({ operator: head.node.name }),
        signal: this.#abort.signal,
        job: this.#program.streamGraph.job,
        operator: head.node.name,
        receivers: {
          parallelism: vertex.parallelism,
          assign: (index, splits: readonly Split[]) => to(index, (task) => task.source?.head.addSplits(splits)),
          restore: (index, splits) => to(index, (task) => task.source?.head.restoreSplits(splits)),
          noMoreSplits: (index) => to(index, (task) => task.source?.head.noMoreSplits()),
        },
        fail: (error) => this.#fail(error),
      },
      this.#restore?.sources.get(head.uid),
    );
    this.#coordinators.set(head.uid, coordinator);
  }

  #align(watermarks: WatermarkStrategy<unknown>, tasks: readonly BuiltSubtask[]): void {
    const { alignment } = watermarks;
    if (alignment === undefined) return;
    for (const task of tasks) {
      const id = this.#tasks.indexOf(task);
      const alignTo = (watermark: number): void => {
        task.source?.head.alignTo(watermark);
        this.#loop.wake(id);
      };
      this.#reports.set(id, this.#alignment.add({ ...alignment, alignTo }));
    }
  }

  #sendBarrier(barrier: BarrierElement): ReadonlyMap<string, unknown> {
    const enumerators = new Map<string, unknown>();
    for (const [uid, coordinator] of this.#coordinators) enumerators.set(uid, coordinator.snapshot(barrier.checkpointId));
    for (const task of this.#tasks) if (task.source !== undefined) task.subtask.triggerCheckpoint(barrier);
    return enumerators;
  }

  /** All input is worked off: one last checkpoint lets two-phase sinks commit, then the job is finished. */
  #allEnded(): void {
    if (this.#state.state !== 'RUNNING' || this.#finalCheckpoint === 'taking') return;
    if (this.#checkpoints !== undefined && this.#finalCheckpoint === 'none') {
      this.#finalCheckpoint = 'taking';
      void this.#takeFinalCheckpoint(this.#checkpoints);
      return;
    }
    this.#loop.stop();
    void this.#finish();
  }

  async #takeFinalCheckpoint(checkpoints: CheckpointCoordinator): Promise<void> {
    this.#schedule?.stop();
    try {
      checkpoints.giveUp('the input has ended and the last checkpoint is taken');
      await checkpoints.idle();
      await checkpoints.trigger();
      this.#finalCheckpoint = 'taken';
      this.#loop.wake(0);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #finish(): Promise<void> {
    this.#abort.abort();
    const errors = await this.#closeAll();
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
    const nodes = this.#tasks.flatMap((task) => task.subtask.chain.nodes);
    for (const { operator, recordsIn, reason } of silentWindows(this.#graph.jobGraph, nodes, (name) => this.#options.metrics.group(name))) {
      this.#options.logger.warn(`window "${operator}" took ${recordsIn} records in and gave nothing out: ${reason}`);
    }
  }

  #fail(error: unknown): void {
    if (!this.#state.mayMoveTo('FAILING')) return;
    this.#state.moveTo('FAILING');
    this.#loop.stop();
    this.#checkpoints?.giveUp('the job has failed');
    this.#abort.abort(error);
    void this.#opening.then(() => this.#closeAll()).then(() => {
      this.#state.moveTo('FAILED');
      this.#settle.reject(error);
    });
  }

  async #closeAll(): Promise<unknown[]> {
    this.#schedule?.stop();
    const errors: unknown[] = [];
    for (const task of this.#tasks) errors.push(...(await task.subtask.close()));
    for (const coordinator of this.#coordinators.values()) {
      try {
        await coordinator.close();
      } catch (error) {
        errors.push(error);
      }
    }
    await this.#checkpoints?.idle();
    await this.#options.checkpoints?.store.close().catch((error: unknown) => errors.push(error));
    return errors;
  }

  #result(state: 'FINISHED' | 'CANCELED'): JobResult {
    const seconds = (this.#options.platform.clock.monotonicMs() - this.#startedAt) / 1000;
    return collectResult(this.#program.streamGraph.job, state, seconds, this.#tasks, this.#options.metrics);
  }
}
