/** Apache Kafka for Millrace. Everything here is public and kept stable. */
export { kafkaSource } from './source/kafka-source.js';
export type { KafkaOffsets, KafkaOtherwise, KafkaSourceOptions, KafkaStart, KafkaStop } from './source/source-options.js';
export type { KafkaSplit } from './source/kafka-split.js';
export { kafkaAdmin, type KafkaAdmin } from './admin.js';
export type { AclEntry, NewTopic, PartitionOffset, TopicPartition } from './driver/driver.js';
export type { KafkaConnectionOptions, KafkaSasl, KafkaTls } from './connection.js';
export { kafkaMessages, type KafkaMessagesOptions, type KafkaRecord } from './format/kafka-messages.js';
export type { KafkaHeader, KafkaMessage, MessageDecoder, MessageFormat } from './format/message.js';
export { kafkaSink } from './sink/kafka-sink.js';
export type { KafkaKey, KafkaSinkOptions } from './sink/sink-options.js';
export type { KafkaCommittable } from './sink/kafka-committer.js';
export type { KafkaWriterState } from './sink/kafka-writer.js';
export type { UnsentBatch } from './sink/topic-writer.js';
export type { WrittenBatch } from './sink/transaction-pool.js';
export type { Transaction, ProducerIdentity } from './driver/driver.js';
export type { KafkaCompression } from './batch/compression.js';
export type { HeaderValue } from './batch/batch-builder.js';
export { KAFKA_ERRORS } from './error-catalogue.js';
