import type { Logger } from '../../base/logger.js';
import type { StreamGraph } from '../../graph/stream-graph.js';
import type { JobFailure } from './job-description.js';

/** Tells a failure after which the job goes on; with the first one also what a restart costs where a source or sink cannot do better. */
export function logFailure(failure: JobFailure, graph: StreamGraph, logger: Logger): void {
  const { number, attempt, code, message, where, inARow, scope, restoredFrom, restartAfterMs } = failure;
  const who = scope === 'job' ? 'The job goes on' : 'The threads that it touches go on';
  const from = restoredFrom === undefined ? 'the start' : `checkpoint ${restoredFrom}`;
  const again = inARow === 1 ? '' : `, the same ${inARow} times in a row`;
  logger.warn(`failure ${number}${again}: ${code ?? 'an error'}, ${message}. ${who} from ${from} in ${restartAfterMs} ms`, { attempt, ...where });
  if (number > 1) return;
  const lossy = graph.nodes.filter((node) => node.details?.['replayable'] === false).map((node) => node.name);
  const twice = graph.nodes.filter((node) => node.kind === 'sink' && node.guarantee !== undefined && node.guarantee !== 'exactly-once').map((node) => node.name);
  if (lossy.length > 0) logger.warn('what these sources gave since the last checkpoint is lost: they cannot be read again', { sources: lossy });
  if (twice.length > 0) logger.info('these sinks are not exactly-once: rows since the last checkpoint come again', { sinks: twice });
}
