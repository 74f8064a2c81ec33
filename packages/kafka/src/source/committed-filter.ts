import type { FetchedBatch } from '../batch/batch-reader.js';

/** An aborted transaction of which a part lies in a fetch, as the broker lists them with it. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/**
 * The batches of one fetch of one partition whose transactions are committed, and those without a transaction.
 *
 * The broker sends nothing beyond the first open transaction, and with each fetch the list of all aborted transactions that
 * reach into it, wherever they began. So the filter starts anew with every fetch: a producer is aborted from the first
 * offset of its transaction to its next abort marker, which may lie in a later fetch. A producer may come several times.
 */
export function committedBatches(batches: readonly FetchedBatch[], aborted: readonly AbortedTransaction[]): readonly FetchedBatch[] {
  const pending = [...aborted].sort((left, right) => left.firstOffset - right.firstOffset);
  const open = new Set<bigint>();
  let next = 0;
  return batches.filter((batch) => {
    while (next < pending.length && pending[next]!.firstOffset <= batch.lastOffset) open.add(pending[next++]!.producerId);
    if (!batch.transactional) return true;
    if (!batch.control) return !open.has(batch.producerId);
    if (batch.abort) open.delete(batch.producerId);
    return true;
  });
}
