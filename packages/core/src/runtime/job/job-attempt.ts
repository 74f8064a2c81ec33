import type { Logger } from '../../base/logger.js';
import type { Platform } from '../../base/platform.js';
import type { CheckpointStore, StoredCheckpoint } from '../../checkpoint/checkpoint-store.js';
import type { CompletedCheckpoint } from '../../checkpoint/completed-checkpoint.js';
import type { ExecutionGraph } from '../../graph/execution-graph.js';
import type { Savepoints, StoredSavepoint } from '../../checkpoint/savepoint.js';
import { graphFingerprint } from '../../graph/fingerprint.js';
import type { TaskSettings } from '../../task/ports.js';
import { CheckpointNotPossible, CheckpointStoringSlow } from '../errors.js';
import type { FromTaskManager } from '../task-manager/messages.js';
import type { TaskManagerReport } from '../task-manager/report.js';
import { CheckpointCoordinator, type CheckpointMode } from './checkpoint-coordinator.js';
import { CheckpointSchedule, type CheckpointTimes } from './checkpoint-schedule.js';
import type { CheckpointStatistics } from './checkpoint-statistics.js';
import { placeSubtasks } from './placement.js';
import { type CheckpointIds, type FailedRegion, type RegionRestart, RegionRestarts } from './region-restarts.js';
import { restoredSubtask } from './restored-state.js';
import { SourceCoordinators } from './source-coordinators.js';
import { TaskManagerCrew } from './task-manager-crew.js';
import type { AttemptPlan, TaskManagers } from './task-manager-link.js';
import { Watchdog, type WatchdogOptions } from './watchdog.js';

/** Where an attempt runs, and whom it tells. */
export interface AttemptSurroundings {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly settings: TaskSettings;
  readonly managers: TaskManagers;
  readonly dropState: readonly string[];
  readonly watchdog: WatchdogOptions;
  readonly checkpoints: ({ readonly store: CheckpointStore; readonly savepoints?: Savepoints | undefined; readonly mode: CheckpointMode } & CheckpointTimes) | undefined;
  readonly statistics: CheckpointStatistics;
  print(text: string, row: unknown): void;
  emitRow(channel: string, row: unknown): void;
  /** A part of the job could start again without the rest; undefined when the whole attempt is to end instead. */
  regionFailed(error: unknown): RegionRestart | undefined;
  /** All task managers have built the job; then: records flow. */
  reached(stage: 'created' | 'running'): void;
}

/** A savepoint that the attempt ends with. */
interface LastSavepoint {
  readonly directory: string;
  readonly drain: boolean;
  resolve(savepoint: StoredSavepoint): void;
  reject(error: unknown): void;
}

/** What an attempt goes on from. */
export interface AttemptStart {
  /** Number of the run on its checkpoint directory. */
  readonly epoch: number;
  readonly restore: CompletedCheckpoint | undefined;
  /** The highest id that a checkpoint has ever had. */
  readonly lastCheckpointId: number;
}

/** How an attempt ended. */
export type AttemptEnd =
  /** All input is worked off and committed. */
  | { readonly kind: 'finished' }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** It was told to close. */
  | { readonly kind: 'closed' };

/**
 * One execution of a job: has the subtasks deployed to task managers of its own, lets the sources find their splits, takes
 * checkpoints, and ends when all input is worked off, when something fails, or when it is told to close. It decides nothing
 * about the job beyond that; whatever comes from it after its end is ignored, so that an attempt that lingers cannot
 * disturb the next.
 */
export class JobAttempt {
  readonly plan: AttemptPlan;
  readonly #surroundings: AttemptSurroundings;
  readonly #abort: AbortController;
  readonly #crew: TaskManagerCrew;
  readonly #placement: readonly number[];
  readonly #sources: SourceCoordinators;
  #watchdog: Watchdog;
  readonly #regions: RegionRestarts;
  #epoch: number;
  readonly #ended: Promise<AttemptEnd>;
  #resolveEnded!: (end: AttemptEnd) => void;
  #end: AttemptEnd | undefined;
  #opening: Promise<void>;
  #isRunning: boolean;
  #coordinator: CheckpointCoordinator | undefined;
  #schedule: CheckpointSchedule | undefined;
  #finalCheckpoint: 'none' | 'taking' | 'taken';
  #lastSavepoint: LastSavepoint | undefined;
  /** The sources are to end: also those that are not there yet. */
  #stopping: { readonly drain: boolean } | undefined;
  #closed: Promise<unknown[]> | undefined;
  /** Everything is closed: what still speaks is a leftover. */
  #isOver: boolean;

  /** Starts the task managers; `run` gives them their work. */
  constructor(plan: AttemptPlan, surroundings: AttemptSurroundings) {
    const { platform, logger, managers } = surroundings;
    this.plan = plan;
    this.#surroundings = surroundings;
    this.#abort = new AbortController();
    this.#end = undefined;
    this.#ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#opening = Promise.resolve();
    this.#isRunning = false;
    this.#epoch = 1;
    this.#coordinator = undefined;
    this.#schedule = undefined;
    this.#finalCheckpoint = 'none';
    this.#lastSavepoint = undefined;
    this.#stopping = undefined;
    this.#closed = undefined;
    this.#isOver = false;
    const { graph, program } = plan;
    const fail = (error: unknown): void => this.#fail(error);
    this.#placement = placeSubtasks(graph, managers.countFor(graph));
    this.#regions = new RegionRestarts({
      ...surroundings,
      plan,
      placement: this.#placement,
      crew: () => this.#crew,
      sources: () => this.#sources,
      stopping: () => this.#stopping,
      hasEnded: () => this.#end !== undefined,
    });
    this.#crew = new TaskManagerCrew(platform, managers, plan, {
      message: (_manager, message) => this.#receive(message),
      allSettled: () => this.#allSettled(),
      failed: (error, manager) => this.#fail(error, manager),
    });
    this.#sources = new SourceCoordinators(program, graph, {
      platform,
      logger,
      signal: this.#abort.signal,
      startsAgain: this.#regions.arePossible,
      send: (subtask, message) => this.#crew.send(this.#placement[subtask] as number, message),
      fail,
    });
    this.#watchdog = this.#watch();
  }

  /** The highest id that a checkpoint has been given, and the newest one of this attempt that the store holds. */
  get checkpointIds(): CheckpointIds {
    return { lastId: this.#coordinator?.lastId ?? 0, storedId: this.#coordinator?.storedId };
  }

  /** Resolves when the task managers have built the job and wait for their work; rejects when they cannot. */
  async prepared(): Promise<void> {
    await this.#crew.ready(graphFingerprint(this.plan.program.streamGraph));
    if (this.#end?.kind === 'failed') throw this.#end.error;
  }

  /** Gives the subtasks their work and lets records flow. Called once. Resolves with the attempt's end, which it leaves to `close` to clean up. */
  run(start: AttemptStart): Promise<AttemptEnd> {
    // Its task managers may have failed before they had anything to do.
    if (this.#end === undefined) this.#opening = this.#open(start);
    return this.#ended;
  }

  /** Sources end where they are; what has arrived flows through, with `drain` the final watermark behind it. */
  stopSources(drain: boolean): void {
    this.#stopping = { drain };
    if (this.#isRunning) this.#crew.broadcast({ kind: 'stopSources', drain });
  }

  /** Takes a checkpoint; undefined when this attempt takes none at the moment. */
  checkpoint(): Promise<StoredCheckpoint> | undefined {
    return this.#checkpointing?.trigger();
  }

  /** Takes a savepoint, after whatever is under way; undefined when this attempt takes none at the moment. */
  savepoint(directory: string): Promise<StoredSavepoint> | undefined {
    return this.#checkpointing?.savepoint({ directory, then: 'continue', drained: false });
  }

  /**
   * Takes a savepoint and ends with it: everything stands still from its barrier on, what was written before is committed,
   * and the attempt is finished. With `drain` the sources end first, and the savepoint is that of the end. Rejects when it
   * fails; without `drain` the attempt then goes on. Undefined when this attempt takes none at the moment.
   */
  stopWithSavepoint(directory: string, drain: boolean): Promise<StoredSavepoint> | undefined {
    const coordinator = this.#checkpointing;
    if (coordinator === undefined || this.#lastSavepoint !== undefined) return undefined;
    return new Promise((resolve, reject) => {
      this.#lastSavepoint = { directory, drain, resolve, reject };
      try {
        coordinator.assertSavepointPossible(directory);
      } catch (error) {
        this.#savepointFailed(error);
        return;
      }
      if (drain) this.stopSources(true);
      else void this.#stopAtBarrier(coordinator, directory);
    });
  }

  /** Whether its checkpoints still count: records flow, and it has not come to its end. */
  get takesCheckpoints(): boolean {
    return this.#checkpointing !== undefined;
  }

  /** Takes a checkpoint as soon as none is under way. Rejects when it fails, or when the attempt has ended before. */
  async checkpointWhenFree(): Promise<StoredCheckpoint> {
    while (this.#checkpointing?.isBusy === true) await this.#coordinator?.settled();
    const checkpoint = this.checkpoint();
    if (checkpoint === undefined) throw CheckpointNotPossible.error({ what: 'the job has come to an end, or failed, before a checkpoint could be taken' });
    return checkpoint;
  }

  /** The coordinator, while it may be asked for something. The last checkpoint must not be refused because of one that somebody asked for just before. */
  get #checkpointing(): CheckpointCoordinator | undefined {
    return this.#isRunning && !this.#regions.isUnderWay && this.#end === undefined && this.#finalCheckpoint === 'none' ? this.#coordinator : undefined;
  }

  async #stopAtBarrier(coordinator: CheckpointCoordinator, directory: string): Promise<void> {
    try {
      const savepoint = await coordinator.savepoint({ directory, then: 'stop', drained: false });
      this.#finalCheckpoint = 'taken';
      this.#schedule?.stop();
      this.#lastSavepoint?.resolve(savepoint);
      this.#crew.settleAgain();
    } catch (error) {
      // When the input has ended meanwhile, the last checkpoint is the savepoint.
      if (this.#finalCheckpoint === 'none') this.#savepointFailed(error);
    }
  }

  #savepointFailed(error: unknown): void {
    this.#lastSavepoint?.reject(error);
    this.#lastSavepoint = undefined;
  }

  /** What the task managers have done and are doing, as last told. */
  report(): TaskManagerReport {
    return this.#crew.report();
  }

  /** Ends everything that is still going on; the reason is the error behind it, if any. Gives the errors of closing. */
  close(reason: unknown): Promise<unknown[]> {
    this.#finish({ kind: 'closed' }, reason);
    this.#closed ??= this.#close(reason);
    return this.#closed;
  }

  async #open(start: AttemptStart): Promise<void> {
    const { settings, dropState, managers, reached } = this.#surroundings;
    const { epoch, restore } = start;
    this.#epoch = epoch;
    try {
      this.#coordinate(start.lastCheckpointId);
      await this.#crew.ready(graphFingerprint(this.plan.program.streamGraph));
      if (this.#end !== undefined) return;
      reached('created');
      const restored = restore === undefined ? undefined : restoredSubtask(restore, dropState);
      const { placement, codedChannels, attempt } = { placement: this.#placement, codedChannels: managers.codedChannels, attempt: this.plan.attempt };
      await this.#crew.deploy((manager) => ({ kind: 'deploy', manager, placement, settings, epoch, attempt, restored, codedChannels }));
      if (this.#end !== undefined) return;
      this.#sources.create(restore);
      await this.#sources.start();
      if (this.#end !== undefined) return;
      this.#isRunning = true;
      reached('running');
      this.#crew.broadcast({ kind: 'start' });
      if (this.#stopping !== undefined) this.#crew.broadcast({ kind: 'stopSources', ...this.#stopping });
      this.#schedule?.start();
    } catch (error) {
      this.#fail(error);
    }
  }

  #coordinate(lastId: number): void {
    const { checkpoints, platform, logger, statistics } = this.#surroundings;
    if (checkpoints === undefined) return;
    const { program, graph } = this.plan;
    checkpoints.store.onReplaced?.((error) => this.#fail(error));
    this.#coordinator = new CheckpointCoordinator(
      {
        job: graph.jobGraph.job,
        subtasks: graph.subtasks.length,
        fingerprint: graphFingerprint(program.streamGraph),
        store: checkpoints.store,
        savepoints: checkpoints.savepoints,
        startTimeout: (callback) => platform.timers.setTimer(checkpoints.timeoutMs, () => callback(`it took longer than ${checkpoints.timeoutMs} ms`), { keepsAlive: false }),
        statistics,
        mode: checkpoints.mode,
        nameOf: (subtask) => nameOf(graph, subtask),
        points: platform.points,
        now: () => platform.clock.now(),
        sendBarrier: (barrier) => {
          const enumerators = this.#sources.snapshot(barrier.checkpointId);
          this.#crew.broadcast({ kind: 'barrier', barrier });
          return enumerators;
        },
        notifyComplete: (checkpointId) => {
          this.#sources.stored(checkpointId);
          this.#crew.broadcast({ kind: 'checkpointComplete', checkpointId });
        },
        storingIsLate: (checkpointId) => {
          const { code, title, what } = CheckpointStoringSlow.error({ what: `checkpoint ${checkpointId} is handed in by all subtasks and not stored after another ${checkpoints.timeoutMs} ms` });
          logger.warn(`${code} ${title}: ${what}`, { checkpoint: checkpointId });
        },
        notifyAborted: (checkpointId) => this.#crew.broadcast({ kind: 'checkpointAborted', checkpointId }),
        fail: (error) => this.#fail(error),
      },
      lastId,
    );
    this.#schedule = new CheckpointSchedule(platform, logger, this.#coordinator, checkpoints);
  }

  #receive(message: FromTaskManager): void {
    if (this.#isOver) return;
    switch (message.kind) {
      case 'print':
        this.#surroundings.print(message.text, message.row);
        return;
      case 'row':
        this.#surroundings.emitRow(message.channel, message.row);
        return;
      case 'log':
        this.#surroundings.logger[message.level](message.message, message.fields);
        return;
    }
    if (this.#end !== undefined) return;
    switch (message.kind) {
      case 'splitRequested':
        this.#sources.splitRequested(message.subtask, message.finished);
        return;
      case 'watermark':
        this.#sources.watermark(message.subtask, message.watermark);
        return;
      case 'acknowledged':
        this.#coordinator?.acknowledge(message.subtask, message.checkpointId, message.snapshot);
    }
  }

  /** All input is worked off: one last checkpoint lets two-phase sinks commit, then the attempt is finished. */
  #allSettled(): void {
    if (!this.#isRunning || this.#regions.isUnderWay || this.#end !== undefined || this.#finalCheckpoint === 'taking') return;
    if (this.#coordinator !== undefined && this.#finalCheckpoint === 'none') {
      this.#finalCheckpoint = 'taking';
      void this.#takeFinalCheckpoint(this.#coordinator);
      return;
    }
    this.#finish({ kind: 'finished' }, undefined);
  }

  async #takeFinalCheckpoint(coordinator: CheckpointCoordinator): Promise<void> {
    this.#schedule?.stop();
    try {
      coordinator.end('the input has ended and the last checkpoint is taken');
      await coordinator.idle();
      // The input ended while the savepoint to stop with was written: that was the last checkpoint.
      if (coordinator.hasStopped) return;
      const last = this.#lastSavepoint;
      const taken = await coordinator.triggerFinal(last === undefined ? undefined : { directory: last.directory, then: 'stop', drained: last.drain });
      this.#finalCheckpoint = 'taken';
      last?.resolve(taken as StoredSavepoint);
      this.#crew.settleAgain();
    } catch (error) {
      this.#savepointFailed(error);
      this.#fail(error);
    }
  }

  /** What goes wrong after the end is a consequence of it. */
  #fail(error: unknown, manager?: number): void {
    if (manager !== undefined && this.#startsAgain(manager, error)) return;
    this.#finish({ kind: 'failed', error }, error);
  }

  /** Whether only what a failing task manager touches starts again, while the others run on. */
  #startsAgain(manager: number, error: unknown): boolean {
    const coordinator = this.#coordinator;
    if (!this.takesCheckpoints || this.#lastSavepoint !== undefined || coordinator?.storedId === undefined) return false;
    const region = this.#regions.of(manager);
    const restart = region === undefined ? undefined : this.#surroundings.regionFailed(error);
    if (region === undefined || restart === undefined) return false;
    void this.#restartRegion({ managers: region, error, restart, coordinator, epoch: this.#epoch });
    return true;
  }

  async #restartRegion(region: FailedRegion): Promise<void> {
    const { platform, logger, checkpoints } = this.#surroundings;
    this.#schedule?.stop();
    this.#watchdog.stop();
    try {
      await this.#regions.restart(region);
      if (this.#end !== undefined) return;
      this.#watchdog = this.#watch();
      if (checkpoints !== undefined) this.#schedule = new CheckpointSchedule(platform, logger, region.coordinator, checkpoints);
      this.#schedule?.start();
    } catch (failure) {
      this.#fail(failure);
    }
  }

  #watch(): Watchdog {
    const { platform, logger, watchdog: options } = this.#surroundings;
    const watchdog = new Watchdog({ platform, logger, graph: this.plan.graph, links: this.#crew.links, options, fail: (error, manager) => this.#fail(error, manager) });
    watchdog.start();
    return watchdog;
  }

  #finish(end: AttemptEnd, reason: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#schedule?.stop();
    if (end.kind !== 'finished') this.#coordinator?.end(end.kind === 'failed' ? 'the job has failed' : 'the job was told to end');
    if (end.kind !== 'finished') this.#savepointFailed(CheckpointNotPossible.error({ what: 'the job was ended before its last savepoint was complete' }));
    this.#abort.abort(reason);
    this.#regions.end();
    // Others must not work on, and perhaps write, after one has failed.
    if (end.kind !== 'finished') void this.#crew.close(reason);
    this.#resolveEnded(end);
  }

  async #close(reason: unknown): Promise<unknown[]> {
    const closing = this.#crew.close(reason);
    await this.#opening;
    const errors = [...(await closing)];
    this.#watchdog.stop();
    errors.push(...(await this.#sources.close()));
    await this.#coordinator?.idle();
    this.#isOver = true;
    return errors;
  }
}

/** A subtask as people call it: its chain and its number. */
function nameOf(graph: ExecutionGraph, subtask: number): string {
  const execution = graph.subtasks[subtask];
  return execution === undefined ? `subtask ${subtask}` : `${execution.vertex.name} [${execution.index}]`;
}
