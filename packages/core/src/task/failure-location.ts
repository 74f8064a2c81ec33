import { AssertionError } from '../base/assert.js';
import { MillraceError, type ErrorLocation } from '../base/errors.js';
import { OperatorFailed } from './errors.js';
import type { TaskInput } from './task-input.js';

/**
 * Puts the place of the record under way on an error: the source, split and offset where the subtask has a source. The
 * operator and the user's line are there already, when the error came out of a user's function.
 */
export function locateFailure(error: unknown, subtask: string, job: string, input: TaskInput): unknown {
  if (error instanceof AssertionError) return error;
  const where: ErrorLocation = { job, ...input.currentPlace() };
  if (error instanceof MillraceError) return error.located(where);
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return OperatorFailed.error({ what: `${subtask} failed with ${reason}`, where: { operator: subtask, ...where }, cause: error });
}
