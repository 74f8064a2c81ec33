import type { TimerHandle, Timers } from '../base/platform.js';
import type { ChainNode } from './chain-node.js';
import { OperatorCloseTooLong } from './errors.js';

/** How long one operator may take to close, as `Operator.close` says. */
const CLOSE_LIMIT_MS = 30_000;

/** Closes the operators of a chain one after the other, whatever the others do. Gives the errors. */
export async function closeAll(nodes: readonly (ChainNode | undefined)[], timers: Timers): Promise<unknown[]> {
  const errors: unknown[] = [];
  for (const node of nodes) {
    // A chain that failed to open has only its last operators.
    if (node === undefined) continue;
    try {
      await closeWithinLimit(node, timers);
    } catch (error) {
      errors.push(error);
    }
    node.backend?.close();
  }
  return errors;
}

/** Closes one operator. One that takes too long is left alone, so that the job ends and says whose fault it was. */
async function closeWithinLimit({ operator, name }: ChainNode, timers: Timers): Promise<void> {
  const closing = operator.close?.();
  if (closing === undefined) return;
  let timer: TimerHandle | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = timers.setTimer(CLOSE_LIMIT_MS, () => reject(OperatorCloseTooLong.error({ what: `"${name}" was not closed after ${CLOSE_LIMIT_MS / 1000} s`, where: { operator: name } })));
  });
  try {
    await Promise.race([closing, limit]);
  } finally {
    timer?.cancel();
  }
}
