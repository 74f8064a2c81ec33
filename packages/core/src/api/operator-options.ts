import type { TypeInfo } from '../record/types/type-info.js';
import type { Chaining } from '../graph/stream-graph.js';

/**
 * What every operation takes as its last argument. Each setting also exists as a method of the resulting stream
 * (`.name(…)`, `.uid(…)`, `.setParallelism(…)`).
 */
export interface OperatorOptions {
  /** The name in plans, metrics and messages; by default what the operation is called. */
  readonly name?: string;
  /** The stable name of the operator's state. Give one to every operation that keeps state, and never change it. */
  readonly uid?: string;
  /** Parallel instances of this operation; by default the job's. */
  readonly parallelism?: number;
  /** Key groups of this operation; by default the job's. */
  readonly maxParallelism?: number;
  /** Whether the operation may share a chain with what comes before and after it: `always` by default. */
  readonly chaining?: Chaining;
}

/** Options of an operation whose results have a type of their own. */
export interface OutputOptions<Out> extends OperatorOptions {
  /** The type of the results at run time; without it they travel in the self-describing encoding. */
  readonly output?: TypeInfo<Out>;
}

/** Options of a process function with timers. */
export interface ProcessOptions<Out> extends OutputOptions<Out> {
  /** True fires the processing-time timers that are pending when the input ends; else they are dropped, with a warning. */
  readonly firePendingTimers?: boolean;
}
