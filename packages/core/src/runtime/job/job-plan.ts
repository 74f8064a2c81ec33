import { buildExecutionGraph, type ExecutionGraph } from '../../graph/execution-graph.js';
import { buildJobGraph } from '../../graph/job-graph.js';
import { AS_BUILT, withParallelism, type ParallelismSettings } from '../../graph/rescaled-graph.js';
import type { JobProgram } from '../../operators/job-program.js';

/** A job laid out for a run: what a change of its parallelism replaces. */
export interface JobPlan {
  readonly program: JobProgram;
  readonly graph: ExecutionGraph;
  /** By how much the program differs from what its author built: those that build it again need to know. */
  readonly parallelism: ParallelismSettings;
}

/** Lays out the program that the author built, with another parallelism if one is given. Throws when that is not possible. */
export function planJob(built: JobProgram, options: { readonly check: boolean; readonly parallelism?: ParallelismSettings }): JobPlan {
  const parallelism = options.parallelism ?? AS_BUILT;
  const program = parallelism === AS_BUILT ? built : { ...built, streamGraph: withParallelism(built.streamGraph, parallelism) };
  return { program, parallelism, graph: buildExecutionGraph(buildJobGraph(program.streamGraph, { check: options.check })) };
}
