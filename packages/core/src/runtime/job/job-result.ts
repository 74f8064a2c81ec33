import type { JobResult } from '../../operators/executor.js';

/** What was counted over all subtasks. */
export type WorkDone = Pick<JobResult, 'recordsIn' | 'recordsOut' | 'lateRecordsDropped' | 'decodeErrors'>;

/** Nothing done yet. */
export const NO_WORK: WorkDone = Object.freeze({ recordsIn: 0, recordsOut: 0, lateRecordsDropped: 0, decodeErrors: 0 });

/** Both together: what is worked off again after a restart counts again. */
export function addWork(one: WorkDone, other: WorkDone): WorkDone {
  return {
    recordsIn: one.recordsIn + other.recordsIn,
    recordsOut: one.recordsOut + other.recordsOut,
    lateRecordsDropped: one.lateRecordsDropped + other.lateRecordsDropped,
    decodeErrors: one.decodeErrors + other.decodeErrors,
  };
}
