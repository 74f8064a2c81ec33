import type { Logger } from '../../base/logger.js';
import type { Platform } from '../../base/platform.js';
import type { CompletedCheckpoint, SourceKnowledge } from '../../checkpoint/completed-checkpoint.js';
import type { Source, Split } from '../../connector/source.js';
import type { WatermarkStrategy } from '../../functions/watermark-strategy.js';
import type { ExecutionGraph, ExecutionSubtask } from '../../graph/execution-graph.js';
import { neededByHolders } from '../../graph/held-inputs.js';
import type { JobVertex } from '../../graph/job-graph.js';
import type { StreamNode } from '../../graph/stream-graph.js';
import type { JobProgram } from '../../operators/job-program.js';
import type { ToTaskManager } from '../task-manager/messages.js';
import { SourceCoordinator } from './source-coordinator.js';
import { WatermarkAlignmentCoordinator } from './watermark-alignment.js';

/** Where the coordinators of a job's sources work. */
export interface SourceSurroundings {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Whether a part of the job may start again without the rest. */
  readonly startsAgain: boolean;
  /** Tells the task manager of a subtask. */
  send(subtask: number, message: ToTaskManager): void;
  fail(error: unknown): void;
}

/** What a reader was given and no stored checkpoint holds yet. */
interface GivenSplits {
  /** With the last checkpoint whose barrier had been sent by then: later ones hold the split. Empty until the first barrier, which every checkpoint to go on from comes after. */
  splits: { readonly split: Split; readonly since: number }[];
  noMore: boolean;
  /** Its part starts again: what it is given meanwhile is told with all the rest, once. */
  isAway: boolean;
}

/** The coordinators of all sources of a job: splits, and the alignment of their watermarks. */
export class SourceCoordinators {
  readonly #program: JobProgram;
  readonly #graph: ExecutionGraph;
  readonly #surroundings: SourceSurroundings;
  readonly #coordinators: Map<string, SourceCoordinator>;
  readonly #alignment: WatermarkAlignmentCoordinator;
  /** By subtask: how a source tells its watermark to its alignment group. */
  readonly #reports: Map<number, (watermark: number) => void>;

  /** By subtask: what its reader was given. */
  readonly #given: Map<number, GivenSplits>;
  /** The checkpoint whose barrier was sent last. */
  #lastBarrier: number;

  constructor(program: JobProgram, graph: ExecutionGraph, surroundings: SourceSurroundings) {
    this.#program = program;
    this.#graph = graph;
    this.#surroundings = surroundings;
    this.#coordinators = new Map();
    this.#alignment = new WatermarkAlignmentCoordinator();
    this.#reports = new Map();
    this.#given = new Map();
    this.#lastBarrier = 0;
  }

  /** Makes them, and deals restored splits out. Called when all subtasks are open. */
  create(restore: CompletedCheckpoint | undefined): void {
    for (const vertex of this.#graph.jobGraph.vertices) this.#coordinate(vertex, restore);
  }

  /** Finds and deals the first splits of all sources. */
  async start(): Promise<void> {
    await Promise.all([...this.#coordinators.values()].map((coordinator) => coordinator.start()));
  }

  splitRequested(subtask: number, finished: readonly string[]): void {
    const execution = this.#graph.subtasks[subtask] as ExecutionSubtask;
    this.#coordinators.get(execution.vertex.operators[0]?.uid ?? '')?.splitRequested(execution.index, finished);
  }

  watermark(subtask: number, watermark: number): void {
    this.#reports.get(subtask)?.(watermark);
  }

  /** The checkpoint is in the store: what readers were given before its barrier is in it. */
  stored(checkpointId: number): void {
    for (const given of this.#given.values()) given.splits = given.splits.filter(({ since }) => since >= checkpointId);
  }

  /** A subtask has stopped, to start again later. It is told nothing until then: who may already be open in its place gets all of it at the start. */
  leaves(subtask: number): void {
    const given = this.#given.get(subtask);
    if (given !== undefined) given.isAway = true;
  }

  /** A subtask starts again from a checkpoint, the newest that is stored: its reader gets the splits back that it had there, and those it was given since. */
  startAgain(subtask: number, checkpointId: number, positions: readonly unknown[]): void {
    const given = this.#given.get(subtask);
    if (given === undefined) return;
    given.isAway = false;
    const { send } = this.#surroundings;
    if (positions.length > 0) send(subtask, { kind: 'restoreSplits', subtask, splits: positions });
    const since = given.splits.filter((one) => one.since >= checkpointId).map(({ split }) => split);
    if (since.length > 0) send(subtask, { kind: 'addSplits', subtask, splits: since });
    if (given.noMore) send(subtask, { kind: 'noMoreSplits', subtask });
    else this.splitRequested(subtask, []);
  }

  /** What the enumerators know, by source uid. */
  snapshot(checkpointId: number): ReadonlyMap<string, SourceKnowledge> {
    this.#lastBarrier = checkpointId;
    const enumerators = new Map<string, SourceKnowledge>();
    for (const [uid, coordinator] of this.#coordinators) enumerators.set(uid, coordinator.snapshot(checkpointId));
    return enumerators;
  }

  /** Closes all and gives the errors. */
  async close(): Promise<unknown[]> {
    const errors: unknown[] = [];
    for (const coordinator of this.#coordinators.values()) {
      try {
        await coordinator.close();
      } catch (error) {
        errors.push(error);
      }
    }
    return errors;
  }

  /** Makes the coordinator of a vertex that starts with a source. */
  #coordinate(vertex: JobVertex, restore: CompletedCheckpoint | undefined): void {
    const head = vertex.operators[0];
    const program = head === undefined ? undefined : this.#program.nodes.get(head.node.id);
    if (head === undefined || program?.kind !== 'source') return;
    const { platform, logger, signal, send, fail } = this.#surroundings;
    const subtasks = this.#graph.subtasks.filter((subtask) => subtask.vertex === vertex).map((subtask) => subtask.id);
    const numberOf = (index: number): number => subtasks[index] as number;
    for (const subtask of subtasks) this.#given.set(subtask, { splits: [], noMore: false, isAway: false });
    if (!this.#isWaitedForByItsGroup(head.node, program.watermarks)) this.#align(program.watermarks, subtasks);
    const coordinator = new SourceCoordinator(
      program.source as Source<unknown>,
      {
        platform,
        logger: logger.child({ operator: head.node.name }),
        signal,
        job: this.#graph.jobGraph.job,
        operator: head.node.name,
        type: head.node.type,
        receivers: {
          parallelism: vertex.parallelism,
          assign: (index, splits: readonly Split[]) => {
            this.#remember(numberOf(index), splits);
            this.#tell(numberOf(index), { kind: 'addSplits', subtask: numberOf(index), splits });
          },
          restore: (index, splits) => send(numberOf(index), { kind: 'restoreSplits', subtask: numberOf(index), splits }),
          noMoreSplits: (index) => {
            const given = this.#given.get(numberOf(index));
            if (given !== undefined) given.noMore = true;
            this.#tell(numberOf(index), { kind: 'noMoreSplits', subtask: numberOf(index) });
          },
        },
        fail,
      },
      restore?.sources.get(head.uid),
    );
    this.#coordinators.set(head.uid, coordinator);
  }

  #tell(subtask: number, message: ToTaskManager): void {
    if (this.#given.get(subtask)?.isAway !== true) this.#surroundings.send(subtask, message);
  }

  /** Only what a subtask that starts again alone would lack: without checkpoints, or where none starts alone, nothing is ever taken off. */
  #remember(subtask: number, splits: readonly Split[]): void {
    if (!this.#surroundings.startsAgain || this.#lastBarrier === 0) return;
    this.#given.get(subtask)?.splits.push(...splits.map((split) => ({ split, since: this.#lastBarrier })));
  }

  /**
   * Whether an operator waits for the end of this source and holds others of its alignment group until then. Those do not
   * get on before, so it must not wait for them.
   */
  #isWaitedForByItsGroup({ id, name }: StreamNode, { alignment }: WatermarkStrategy<unknown>): boolean {
    if (alignment === undefined) return false;
    const others = [...this.#program.nodes].flatMap(([other, node]) => (node.kind === 'source' && node.watermarks.alignment?.group === alignment.group ? [other] : []));
    const isWaitedFor = neededByHolders(this.#program.streamGraph).some((needed) => needed.has(id) && others.some((other) => !needed.has(other)));
    if (isWaitedFor) {
      this.#surroundings.logger.info('the source is not held back by its alignment group: an operator that holds others of the group waits for its end', { operator: name, group: alignment.group });
    }
    return isWaitedFor;
  }

  #align(watermarks: WatermarkStrategy<unknown>, subtasks: readonly number[]): void {
    const { alignment } = watermarks;
    if (alignment === undefined) return;
    for (const subtask of subtasks) {
      const alignTo = (watermark: number): void => this.#surroundings.send(subtask, { kind: 'alignTo', subtask, watermark });
      this.#reports.set(subtask, this.#alignment.add({ ...alignment, alignTo }));
    }
  }
}
