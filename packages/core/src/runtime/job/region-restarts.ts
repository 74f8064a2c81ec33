import type { Platform } from '../../base/platform.js';
import type { CompletedCheckpoint } from '../../checkpoint/completed-checkpoint.js';
import { graphFingerprint } from '../../graph/fingerprint.js';
import type { TaskSettings } from '../../task/ports.js';
import type { CheckpointCoordinator } from './checkpoint-coordinator.js';
import { Pause } from './pause.js';
import { regionsOf, sinksRestartAlone } from './regions.js';
import { restoredAlone } from './restored-state.js';
import type { SourceCoordinators } from './source-coordinators.js';
import type { TaskManagerCrew } from './task-manager-crew.js';
import type { AttemptPlan, TaskManagers } from './task-manager-link.js';

/** The highest id that a checkpoint has been given, and the newest one of an attempt that the store holds. */
export interface CheckpointIds {
  readonly lastId: number;
  readonly storedId: number | undefined;
}

/** How a part of a job starts again. */
export interface RegionRestart {
  readonly delayMs: number;
  /** Its old task managers are closed, and the new ones will go on from this checkpoint. */
  goesOnFrom(checkpointId: number): void;
  /** Reads and verifies the newest checkpoint. */
  read(checkpointIds: CheckpointIds): Promise<CompletedCheckpoint | undefined>;
}

/** What of an attempt is touched when a part of it starts again. */
export interface RegionSurroundings {
  readonly platform: Platform;
  readonly plan: AttemptPlan;
  readonly managers: TaskManagers;
  readonly placement: readonly number[];
  readonly settings: TaskSettings;
  readonly dropState: readonly string[];
  readonly crew: () => TaskManagerCrew;
  readonly sources: () => SourceCoordinators;
  /** The sources are to end, also those that start again. */
  readonly stopping: () => { readonly drain: boolean } | undefined;
  readonly hasEnded: () => boolean;
}

/** A part that starts again. */
export interface FailedRegion {
  readonly managers: readonly number[];
  readonly error: unknown;
  readonly restart: RegionRestart;
  readonly coordinator: CheckpointCoordinator;
  /** Number of the run on its checkpoint directory. */
  readonly epoch: number;
}

/** Starts parts of a running attempt again from its newest checkpoint, while the others run on. */
export class RegionRestarts {
  readonly #surroundings: RegionSurroundings;
  readonly #regions: readonly (readonly number[])[];
  /** Before a part starts again. */
  readonly #pause: Pause;
  #isUnderWay: boolean;
  #count: number;

  constructor(surroundings: RegionSurroundings) {
    const { platform, plan, managers, placement } = surroundings;
    this.#surroundings = surroundings;
    this.#regions = sinksRestartAlone(plan.program) ? regionsOf(plan.graph, placement, managers.countFor(plan.graph)) : [];
    this.#pause = new Pause(platform.timers);
    this.#isUnderWay = false;
    this.#count = 0;
  }

  /** Whether the job has parts that can start again without the others. */
  get arePossible(): boolean {
    return this.#regions.length > 1;
  }

  /** A part starts again. */
  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** The task managers that a failure of this one touches, where they can start again without the others. */
  of(manager: number): readonly number[] | undefined {
    return this.arePossible ? this.#regions.find((region) => region.includes(manager)) : undefined;
  }

  /** Starts some task managers again. Rejects when something goes wrong with it; when the attempt ends meanwhile it resolves. */
  async restart({ managers, error, restart, coordinator, epoch }: FailedRegion): Promise<void> {
    const { plan, placement, settings, dropState, crew, sources, stopping, hasEnded } = this.#surroundings;
    const { program, graph } = plan;
    const { codedChannels } = this.#surroundings.managers;
    this.#isUnderWay = true;
    coordinator.end('a part of the job starts again');
    const leaving = graph.subtasks.filter(({ id }) => managers.includes(placement[id] as number));
    for (const { id } of leaving) sources().leaves(id);
    await crew().end(managers, error);
    // One that is being stored may still become the newest.
    await coordinator.idle();
    const checkpointId = coordinator.storedId as number;
    restart.goesOnFrom(checkpointId);
    await this.#pause.wait(restart.delayMs);
    const restore = hasEnded() ? undefined : await restart.read({ lastId: coordinator.lastId, storedId: coordinator.storedId });
    if (hasEnded()) return;
    const restored = restore?.checkpointId === checkpointId ? restoredAlone(restore, graph, dropState) : undefined;
    if (restored === undefined) throw error;
    const attempt = plan.attempt + ++this.#count;
    await crew().startAgain(managers, graphFingerprint(program.streamGraph), (manager) => ({ kind: 'deploy', manager, placement, settings, epoch, attempt, restored, codedChannels }));
    if (hasEnded()) return;
    for (const { id } of leaving) sources().startAgain(id, checkpointId, coordinator.positions.get(id) ?? []);
    const stop = stopping();
    for (const manager of managers) {
      crew().send(manager, { kind: 'start' });
      if (stop !== undefined) crew().send(manager, { kind: 'stopSources', ...stop });
    }
    this.#isUnderWay = false;
  }

  /** The attempt ends: nothing waits any more. */
  end(): void {
    this.#pause.end();
  }
}
