import type { ErrorLocation } from '../../base/errors.js';
import type { JobGraph } from '../../graph/job-graph.js';
import { guaranteeOf, type PlanOptions } from '../../graph/plan.js';
import type { CheckpointStats } from '../../checkpoint/checkpoint-stats.js';
import type { SubtaskDescription } from '../../task/subtask.js';
import type { JobState } from './job-state.js';

/** A job as it is at one moment: plain data, for people and for programs that look after it. */
export interface JobDescription {
  readonly job: string;
  readonly state: JobState;
  /** Number of the run on its checkpoint directory; 1 without one. */
  readonly epoch: number;
  /** 0 at first, one more after each restart. */
  readonly attempt: number;
  /** When the run began, in epoch milliseconds. */
  readonly startedAt: number;
  /** Times it was started again after a failure. */
  readonly restarts: number;
  /** The parallelism of operators that have none of their own. */
  readonly parallelism: number;
  readonly maxParallelism: number;
  /** The options that differ from their defaults, by name. */
  readonly options: { readonly [name: string]: unknown };
  readonly operators: readonly OperatorDescription[];
  /** What every subtask of the current attempt is doing. */
  readonly subtasks: readonly SubtaskDescription[];
  /** Undefined when the job takes none. */
  readonly checkpoints: CheckpointsDescription | undefined;
  /** The last failures, oldest first. */
  readonly failures: readonly JobFailure[];
}

/** An operator of the plan. */
export interface OperatorDescription {
  readonly uid: string;
  readonly name: string;
  /** The kind of operator, e.g. `map` or `file-source`. */
  readonly type: string;
  readonly parallelism: number;
  /** For sinks: what they promise when the job has checkpoints. */
  readonly guarantee?: string;
}

/** The operators of a graph, in topological order of their chains. */
export function describeOperators(graph: JobGraph, mode: PlanOptions['mode']): readonly OperatorDescription[] {
  return graph.vertices.flatMap((vertex) =>
    vertex.operators.map(({ node, uid }) => ({
      uid, name: node.name, type: node.type, parallelism: vertex.parallelism, ...(node.guarantee === undefined ? {} : { guarantee: guaranteeOf(node.guarantee, mode) }),
    })));
}

/** The checkpoints of a run. */
export interface CheckpointsDescription {
  readonly triggered: number;
  readonly completed: number;
  readonly failed: number;
  /** Checkpoints that have failed since the last complete one; savepoints do not count. */
  readonly failedInARow: number;
  /** False when three or more have failed in a row (rule 43). */
  readonly isHealthy: boolean;
  /** Savepoints written. */
  readonly savepoints: number;
  /** The newest complete one of this run. */
  readonly last: CompletedCheckpointDescription | undefined;
  readonly lastFailure: { readonly at: number; readonly message: string } | undefined;
  /** The one under way. */
  readonly inProgress: { readonly checkpointId: number; readonly since: number; readonly acknowledged: number } | undefined;
  /** The newest that have ended, oldest first, with all they have cost. */
  readonly history: readonly CheckpointStats[];
}

/** A complete checkpoint. Times in milliseconds, `at` since the epoch. */
export interface CompletedCheckpointDescription {
  readonly checkpointId: number;
  readonly at: number;
  /** From its trigger until it was stored. */
  readonly durationMs: number;
  /** Bytes of all files it needs. */
  readonly bytes: number;
  /** Bytes written for it alone. */
  readonly newBytes: number;
}

/** One failure of a job and what was done about it. */
export interface JobFailure {
  /** When it failed, in epoch milliseconds. */
  readonly at: number;
  /** Which failure of the run it is, from 1. */
  readonly number: number;
  /** The attempt that failed, from 0. */
  readonly attempt: number;
  /** Undefined for an error without a code. */
  readonly code: string | undefined;
  /** What happened, in one sentence. */
  readonly message: string;
  readonly where: ErrorLocation;
  /** How often the same failure has come in a row, this one included. */
  readonly inARow: number;
  /** What starts again: the whole job, or only the threads that exchange records with the one that failed. */
  readonly scope: 'job' | 'region';
  /** The wait before the job goes on; undefined when it ends. */
  readonly restartAfterMs: number | undefined;
  /** The checkpoint that it goes on from; undefined for the start, and when the job ends. */
  readonly restoredFrom: number | undefined;
}
