import type { JobResult } from '../../operators/executor.js';
import type { TaskManagerReport } from '../task-manager/report.js';

/** Sums up what a job has done. */
export function collectResult(job: string, state: JobResult['state'], seconds: number, report: TaskManagerReport): JobResult {
  const { recordsIn, recordsOut, lateRecordsDropped, decodeErrors } = report;
  return { job, state, seconds, recordsIn, recordsOut, lateRecordsDropped, decodeErrors };
}
