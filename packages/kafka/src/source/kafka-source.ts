import type { Source } from '@millrace/core/spi';
import { KafkatsDriver } from '../driver/kafkats-driver.js';
import { KafkaEnumerator } from './kafka-enumerator.js';
import { KafkaReader } from './kafka-reader.js';
import type { KafkaSplit } from './kafka-split.js';
import { checkedReading, type KafkaReading, type KafkaSourceOptions } from './source-options.js';

/**
 * Reads topics of Apache Kafka. Each partition is a split with its own watermark; its position is an offset in the
 * checkpoint, so a restart goes on with exactly the next record. Records of aborted transactions are not seen.
 *
 * Errors: `MR-4002` and the following, see the reference. Without a checkpoint reading begins where `start` says.
 *
 * @example
 * ```ts no-run needs a broker
 * import { json, StreamEnvironment } from 'millrace';
 * import { kafkaSource } from '@millrace/kafka';
 *
 * const env = StreamEnvironment.create();
 * env.fromSource(kafkaSource({ brokers: 'localhost:9092', topics: 'orders', format: json(), stop: 'latest' })).print();
 * await env.execute('show orders');
 * ```
 */
export function kafkaSource<T>(options: KafkaSourceOptions<T>): Source<T, KafkaSplit> {
  const reading = checkedReading(options);
  return {
    kind: 'kafka',
    bounded: reading.stop !== undefined,
    replayable: true,
    type: reading.format.type,
    createEnumerator: (context, restored) => new KafkaEnumerator(reading as KafkaReading<unknown>, context, restored, new KafkatsDriver(reading.connection, context.platform)),
    createReader: (context) => new KafkaReader(reading, context, new KafkatsDriver(reading.connection, context.platform)),
  };
}
