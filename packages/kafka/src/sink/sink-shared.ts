import type { WriterContext } from '@millrace/core/spi';
import type { KafkaConnection } from '../connection.js';
import type { KafkaDriver } from '../driver/driver.js';
import { KafkatsDriver } from '../driver/kafkats-driver.js';
import type { TransactionPool, WrittenBatch } from './transaction-pool.js';

/** What writer and committer of one subtask have in common. */
export interface SinkShared {
  readonly driver: KafkaDriver;
  /** Batches of transactions that the restored checkpoint holds and the broker gave up: the writer writes them first. */
  readonly lost: WrittenBatch[];
  /** Set when the writer has begun. */
  pool: TransactionPool | undefined;
}

const shared = new WeakMap<WriterContext, SinkShared>();

/** The common part for a context: whoever asks first makes it. */
export function sharedOf(context: WriterContext, connection: KafkaConnection): SinkShared {
  let found = shared.get(context);
  if (found === undefined) {
    found = { driver: new KafkatsDriver(connection, context.platform), lost: [], pool: undefined };
    shared.set(context, found);
  }
  return found;
}
