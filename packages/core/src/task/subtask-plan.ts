import type { ExecutionSubtask } from '../graph/execution-graph.js';
import type { JobVertex } from '../graph/job-graph.js';
import type { JobProgram } from '../operators/job-program.js';
import type { PreReduction } from '../operators/windows/pre-reduction.js';
import type { GateChannel } from './gate-input.js';
import type { Partitioner } from './partitioner.js';
import type { ChannelWriter, RestoredSubtask } from './ports.js';

/** One outgoing edge of a subtask with its channels. */
export interface OutgoingEdge {
  /** Index of the emitting operator in its chain. */
  readonly fromOperator: number;
  /** The side output it reads; the main output when undefined. */
  readonly sideOutput: string | undefined;
  readonly partitioner: Partitioner;
  readonly writers: readonly ChannelWriter[];
  /** What is done with records before they are sent to a window. */
  readonly preReduction: EdgePreReduction | undefined;
}

/** The records of an edge become partial accumulators of the window that it leads to. */
export interface EdgePreReduction {
  readonly reduction: PreReduction;
  readonly target: JobVertex;
  /** Index of the window in its vertex. */
  readonly operator: number;
}

/** Everything a subtask is built from. */
export interface SubtaskPlan {
  readonly execution: ExecutionSubtask;
  readonly program: JobProgram;
  readonly incoming: readonly GateChannel[];
  readonly outgoing: readonly OutgoingEdge[];
  readonly restored: RestoredSubtask | undefined;
}
