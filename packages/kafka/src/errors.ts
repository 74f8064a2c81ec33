import { defineError, type ErrorKind } from '@millrace/core/spi';

/** 4001: settings that cannot be meant. */
export const KafkaOptionInvalid: ErrorKind = defineError({
  code: 'MR-4001',
  title: 'Kafka option is invalid',
  explanation: 'A setting of kafkaSource(), kafkaSink() or kafkaAdmin() is missing, has the wrong form, or contradicts another one.',
  remedy: 'Correct the setting that the message names.',
});

/** 4002: no broker answers. */
export const BrokersUnreachable: ErrorKind = defineError({
  code: 'MR-4002',
  title: 'Kafka brokers cannot be reached',
  explanation: 'No broker answered, or the one that was needed went away, and it stayed so for as long as it is tried again. Nothing is lost: the job goes on from its last checkpoint when the brokers are back.',
  remedy: 'Check brokers (host:port), that the brokers run, that their advertised listeners can be reached from here, and whether they expect TLS.',
});

/** 4003: who are you. */
export const AuthenticationFailed: ErrorKind = defineError({
  code: 'MR-4003',
  title: 'Kafka refused the credentials',
  explanation: 'The broker did not accept the user name, password or mechanism of sasl. That is not tried again, because accounts are locked by repeated attempts.',
  remedy: 'Check sasl: mechanism, username and password, and that the listener of brokers speaks SASL.',
});

/** 4004: known, but not allowed. */
export const AuthorisationDenied: ErrorKind = defineError({
  code: 'MR-4004',
  title: 'Kafka denied the right to do this',
  explanation: 'The user is known to the broker, and no ACL allows what was asked. A source needs Read and Describe on its topics (and Read on the group, if it has one); a sink needs Write and Describe on its topics, and an exactly-once sink Write and Describe on the transactional ids with its prefix.',
  remedy: 'Ask for the ACL that the message names, or use another user.',
});

/** 4005: no such topic. */
export const TopicMissing: ErrorKind = defineError({
  code: 'MR-4005',
  title: 'Kafka topic does not exist',
  explanation: 'A topic that is read or written does not exist, or was deleted while the job ran. Topics are never created by the way: partitions, replication and retention are decisions.',
  remedy: 'Check the name, or create the topic (kafkaAdmin().createTopics, or the tools of Kafka).',
});

/** 4006: no such partition. */
export const PartitionMissing: ErrorKind = defineError({
  code: 'MR-4006',
  title: 'Kafka partition does not exist',
  explanation: 'A partition was named, or chosen by a partitioner, that the topic does not have. Partitions are counted from 0.',
  remedy: 'Check the number of partitions of the topic.',
});

/** 4007: what was to be read is gone. */
export const OffsetLost: ErrorKind = defineError({
  code: 'MR-4007',
  title: 'Kafka no longer has the records at this offset',
  explanation: 'The partition does not hold the offset at which reading goes on: retention has removed it (the job was away for longer than the topic keeps its records), or the log was truncated. Going on somewhere else would leave records out, or read some twice, without a word.',
  remedy: "Decide whether that may be: kafkaSource({ onOffsetLost: 'earliest' }) goes on with the oldest record there is, 'latest' with the next new one. Otherwise start anew without the checkpoint.",
});

/** 4008: another topic of the same name. */
export const TopicRecreated: ErrorKind = defineError({
  code: 'MR-4008',
  title: 'Kafka topic was deleted and created again',
  explanation: 'The topic has another id than when the checkpoint was taken. The offsets of the checkpoint belong to the old topic and mean nothing in the new one.',
  remedy: 'Start the job without the checkpoint, or give the source another uid and allow its old state to be dropped.',
});

/** 4009: packed in a way that cannot be read here. */
export const CodecMissing: ErrorKind = defineError({
  code: 'MR-4009',
  title: 'Kafka compression needs a package',
  explanation: 'The records are compressed with a method that Node does not have itself. gzip works everywhere, zstd from Node 22.15.',
  remedy: 'Install the package that the message names beside @millrace/kafka, or use another compression.',
});

/** 4010: not what the producer wrote. */
export const RecordBatchDamaged: ErrorKind = defineError({
  code: 'MR-4010',
  title: 'Kafka record batch is damaged',
  explanation: 'A batch has a wrong checksum, a version before Kafka 0.11, or an impossible length. The broker checks batches when they are written, so they were damaged on its disk or on the way.',
  remedy: 'Look at the log of the broker for the partition and offset of the message.',
});

/** 4011: nothing where a value should be. */
export const ValueMissing: ErrorKind = defineError({
  code: 'MR-4011',
  title: 'Kafka record has no value',
  explanation: 'The record has a key and no value: in a compacted topic that deletes the key. The format decodes values and has none to decode.',
  remedy: "Say what such a record means: kafkaSource({ tombstones: 'skip' }), or tombstones: (message) => a record; or read whole messages with kafkaMessages().",
});

/** 4012: nothing to go on from. */
export const NoCommittedOffset: ErrorKind = defineError({
  code: 'MR-4012',
  title: 'Kafka group has no offset for a partition',
  explanation: "The source starts at the offsets that a group has committed, and the group has none for this partition, or it has expired. Guessing 'earliest' or 'latest' would read too much or too little.",
  remedy: "Say what holds then: start: { committed: true, otherwise: 'earliest' }.",
});

/** 4013: any other answer that is not yes. */
export const RequestRefused: ErrorKind = defineError({
  code: 'MR-4013',
  title: 'Kafka refused a request',
  explanation: 'The broker answered with an error that is none of the known cases, or one that passes and did not pass for as long as it was tried again.',
  remedy: 'The message has the name that Kafka gives the error; look it up, and look at the log of the broker.',
});

/** 4014: a record it will not take. */
export const RecordRefused: ErrorKind = defineError({
  code: 'MR-4014',
  title: 'Kafka refused a record',
  explanation: 'The broker does not take the record: it is larger than the topic allows (max.message.bytes), has no key although the topic is compacted, or a timestamp too far away. It would refuse it again.',
  remedy: 'Filter such records out, or change the setting of the topic; smaller batches (batchBytes) help where only the batch is too large.',
});

/** 4015: a commit would come too late. */
export const TransactionTimeoutTooShort: ErrorKind = defineError({
  code: 'MR-4015',
  title: 'Kafka transaction time-out is too short',
  explanation: 'A transaction stays open from one checkpoint to the next, and over a restart of the job. When the time-out of the transaction is shorter than the checkpoint interval plus the time of a restart, the broker gives transactions up that the job still has to commit.',
  remedy: 'Raise transactionTimeout (and transaction.max.timeout.ms of the brokers, 15 min unless set), or take checkpoints more often.',
});

/** 4016: longer than the broker allows. */
export const TransactionTimeoutRefused: ErrorKind = defineError({
  code: 'MR-4016',
  title: 'Kafka does not allow this transaction time-out',
  explanation: 'transactionTimeout of the sink is above transaction.max.timeout.ms of the brokers, which is 15 minutes unless set.',
  remedy: 'Lower transactionTimeout, or raise transaction.max.timeout.ms of the brokers.',
});

/** 4017: somebody else writes under the same name. */
export const ProducerFenced: ErrorKind = defineError({
  code: 'MR-4017',
  title: 'Kafka producer was fenced',
  explanation: 'Another producer has begun to use the transactional id. Either this run was taken for dead and a newer one has taken over, or two jobs have the same transactional prefix; then they abort each other.',
  remedy: 'Make sure that the job runs once. Two jobs, or two sinks, need different transactionalPrefix values.',
});

/** 4018: given up by the broker. */
export const TransactionLost: ErrorKind = defineError({
  code: 'MR-4018',
  title: 'Kafka transaction was given up before it was committed',
  explanation: 'The broker aborted a transaction of a complete checkpoint, because its time-out passed or its id was taken. The records are in the checkpoint: when the job goes on from it they are written again, in a new transaction. Without a checkpoint, or with keepRecords: false, they are lost.',
  remedy: 'Resume the job from its last checkpoint. Raise transactionTimeout if it happens without an outage.',
});

/** 4019: one prefix for two sinks. */
export const TransactionalPrefixTaken: ErrorKind = defineError({
  code: 'MR-4019',
  title: 'Kafka transactional prefix is used twice',
  explanation: 'Two sinks of this process write to the same brokers with the same transactional prefix. Each would abort the transactions of the other.',
  remedy: 'Give each sink a transactionalPrefix of its own. Left out, it is made of the names of job and sink.',
});

/** 4020: a topic nobody spoke of. */
export const TopicNotDeclared: ErrorKind = defineError({
  code: 'MR-4020',
  title: 'Kafka topic was not declared',
  explanation: 'The function topic of the sink gave a name that is not in topics. All topics are looked at before the job starts, so that a wrong name or a missing right shows at once and not at the first such record.',
  remedy: 'Add the name to topics of the sink, or correct the function.',
});

/** 4021: nothing to find the old value by. */
export const KeyMissing: ErrorKind = defineError({
  code: 'MR-4021',
  title: 'Kafka record has no key',
  explanation: 'A sink for a compacted topic (upsert) got a record whose key is null or undefined. Compaction keeps the newest value of each key; without a key the record could neither replace nor be replaced.',
  remedy: 'Let key give a value for each record.',
});

/** 4022: nothing gets committed. */
export const TooManyTransactions: ErrorKind = defineError({
  code: 'MR-4022',
  title: 'Too many open Kafka transactions',
  explanation: 'Each checkpoint leaves one transaction per subtask to be committed when it is complete. So many are waiting now that checkpoints must have been failing for a long time.',
  remedy: 'Find out why checkpoints do not complete: the log of the job says it.',
});

/** 4023: nobody knows any more. */
export const TransactionFateUnknown: ErrorKind = defineError({
  code: 'MR-4023',
  title: 'Kafka cannot tell whether a transaction was committed',
  explanation: 'A checkpoint holds a transaction that the broker no longer knows, and its records are not in the topic any more: retention or compaction has removed them, or the log was truncated. Committed or aborted, it cannot be told; writing the records again might double them, leaving them out might lose them.',
  remedy: 'Resume from a newer checkpoint if there is one. Otherwise look at what the readers of the topic have got, then start without the checkpoint, or with another uid of the sink and its old state dropped. A retention longer than the longest break of the job keeps this from happening.',
});
