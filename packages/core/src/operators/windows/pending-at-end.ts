import type { OperatorContext } from '../operator-context.js';

/**
 * The input has ended while windows or timers of processing time were still waiting: they are dropped as in Flink
 * (rule 27), but not in silence.
 */
export function pendingAtEnd(context: OperatorContext, count: number, what: string): void {
  if (count === 0) return;
  context.logger.warn(`the input has ended: ${count} pending processing-time ${what} of "${context.info.name}" are dropped`);
}
