import { formatDuration, type Sink } from '@millrace/core/spi';
import { TransactionTimeoutTooShort } from '../errors.js';
import { KafkaCommitter, type KafkaCommittable } from './kafka-committer.js';
import { KafkaWriter, type KafkaWriterState } from './kafka-writer.js';
import { sharedOf } from './sink-shared.js';
import { checkedWriting, type KafkaSinkOptions, type KafkaWriting } from './sink-options.js';

/**
 * Writes topics of Apache Kafka. With `exactly-once` each subtask writes into a transaction that belongs to a checkpoint and
 * is committed when that is complete, if need be by another process after a crash: readers of committed records see every
 * record once.
 *
 * Errors: `MR-4002` and the following, see the reference.
 *
 * @example
 * ```ts no-run needs a broker
 * import { json, StreamEnvironment } from 'millrace';
 * import { kafkaSink } from '@millrace/kafka';
 *
 * const env = StreamEnvironment.create();
 * env.fromElements([{ id: 1 }, { id: 2 }])
 *   .sinkTo(kafkaSink({ brokers: 'localhost:9092', topic: 'rows', format: json(), key: (row) => row.id }));
 * await env.execute('write rows');
 * ```
 */
export function kafkaSink<T>(options: KafkaSinkOptions<T>): Sink<T, KafkaCommittable, KafkaWriterState> {
  const writing = checkedWriting(options);
  return {
    kind: 'kafka',
    guarantee: writing.guarantee,
    validate: ({ checkpointIntervalMs }) => checkTimeout(writing as KafkaWriting<unknown>, checkpointIntervalMs),
    createWriter: (context, restored) => new KafkaWriter(writing, context, restored, sharedOf(context, writing.connection)),
    ...(writing.guarantee === 'exactly-once' ? { createCommitter: (context) => new KafkaCommitter(writing as KafkaWriting<unknown>, context, sharedOf(context, writing.connection)) } : {}),
  };
}

function checkTimeout({ guarantee, transactionTimeoutMs, restartMs }: KafkaWriting<unknown>, intervalMs: number | undefined): void {
  if (guarantee !== 'exactly-once' || intervalMs === undefined || transactionTimeoutMs >= intervalMs + restartMs) return;
  throw TransactionTimeoutTooShort.error({
    what: `transactionTimeout is ${formatDuration(transactionTimeoutMs)}, and a transaction may be open for the checkpoint interval of ${formatDuration(intervalMs)} and a restart of ${formatDuration(restartMs)}`,
  });
}
