import type { JobGraph } from '../../graph/job-graph.js';
import type { OperatorReport } from '../task-manager/report.js';

/** A window operator that took records in and gave none out, over all its subtasks. */
export interface SilentWindow {
  readonly operator: string;
  readonly recordsIn: number;
  readonly reason: string;
}

/**
 * Finds the windows of an ended job that swallowed all their records, and says why: "no output, no error" is the question
 * most often asked of a stream processor.
 */
export function silentWindows(graph: JobGraph, operators: readonly OperatorReport[]): SilentWindow[] {
  const windows = graph.vertices.flatMap((vertex) => vertex.operators).filter(({ node }) => /window|session/.test(node.type));
  return windows.flatMap(({ uid, node }) => {
    const instances = operators.filter((each) => each.uid === uid);
    const recordsIn = instances.reduce((sum, each) => sum + each.recordsIn, 0);
    if (recordsIn === 0 || instances.some((each) => each.recordsOut > 0)) return [];
    const late = instances.reduce((sum, each) => sum + each.lateRecordsDropped, 0);
    return [{ operator: node.name, recordsIn, reason: reasonOf(recordsIn, late, Math.max(...instances.map((each) => each.watermark))) }];
  });
}

function reasonOf(recordsIn: number, late: number, watermark: number): string {
  if (late === recordsIn) return `all ${recordsIn} records were late: their windows had ended before they came. Look at the order of the timestamps, and give the watermarks a larger bound.`;
  if (watermark === Number.NEGATIVE_INFINITY) return 'no watermark has ever come, so no window has ended. Give the source a watermark strategy (or an idleness time, if one input stays silent).';
  if (watermark === Number.POSITIVE_INFINITY) return 'the windows have ended, but gave no results: their function or trigger emitted nothing.';
  return `the watermark stands at ${watermark} and has not passed the end of any window. Windows that are open when a job is stopped are kept in its checkpoint, not emitted.`;
}
