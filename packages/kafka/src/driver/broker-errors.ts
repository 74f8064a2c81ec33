/** The brokers' error codes that somebody here decides by, by name. */
export interface BrokerErrorCodes {
  readonly none: number;
  readonly offsetOutOfRange: number;
  readonly corruptMessage: number;
  readonly unknownTopicOrPartition: number;
  readonly leaderNotAvailable: number;
  readonly notLeader: number;
  readonly requestTimedOut: number;
  readonly replicaNotAvailable: number;
  readonly messageTooLarge: number;
  readonly coordinatorLoading: number;
  readonly coordinatorNotAvailable: number;
  readonly notCoordinator: number;
  readonly invalidTopic: number;
  readonly recordListTooLarge: number;
  readonly notEnoughReplicas: number;
  readonly notEnoughReplicasAfterAppend: number;
  readonly topicAuthorisationFailed: number;
  readonly groupAuthorisationFailed: number;
  readonly clusterAuthorisationFailed: number;
  readonly invalidTimestamp: number;
  readonly topicExists: number;
  readonly outOfOrderSequence: number;
  readonly duplicateSequence: number;
  readonly invalidProducerEpoch: number;
  readonly invalidTransactionState: number;
  readonly invalidProducerIdMapping: number;
  readonly invalidTransactionTimeout: number;
  readonly concurrentTransactions: number;
  readonly transactionalIdAuthorisationFailed: number;
  readonly kafkaStorageError: number;
  readonly unknownProducerId: number;
  readonly fencedLeaderEpoch: number;
  readonly unknownLeaderEpoch: number;
  readonly offsetNotAvailable: number;
  readonly preferredLeaderNotAvailable: number;
  readonly invalidRecord: number;
  readonly unstableOffsetCommit: number;
  readonly producerFenced: number;
  readonly transactionAbortable: number;
}

/** The brokers' error codes that somebody here decides by. */
export const BrokerError: BrokerErrorCodes = Object.freeze({
  none: 0,
  offsetOutOfRange: 1,
  corruptMessage: 2,
  unknownTopicOrPartition: 3,
  leaderNotAvailable: 5,
  notLeader: 6,
  requestTimedOut: 7,
  replicaNotAvailable: 9,
  messageTooLarge: 10,
  coordinatorLoading: 14,
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  invalidTopic: 17,
  recordListTooLarge: 18,
  notEnoughReplicas: 19,
  notEnoughReplicasAfterAppend: 20,
  topicAuthorisationFailed: 29,
  groupAuthorisationFailed: 30,
  clusterAuthorisationFailed: 31,
  invalidTimestamp: 32,
  topicExists: 36,
  outOfOrderSequence: 45,
  duplicateSequence: 46,
  invalidProducerEpoch: 47,
  invalidTransactionState: 48,
  invalidProducerIdMapping: 49,
  invalidTransactionTimeout: 50,
  concurrentTransactions: 51,
  transactionalIdAuthorisationFailed: 53,
  kafkaStorageError: 56,
  unknownProducerId: 59,
  fencedLeaderEpoch: 74,
  unknownLeaderEpoch: 75,
  offsetNotAvailable: 78,
  preferredLeaderNotAvailable: 80,
  invalidRecord: 87,
  unstableOffsetCommit: 88,
  producerFenced: 90,
  transactionAbortable: 120,
});

/** Errors that pass by themselves: after a moment, and a new look at who leads. */
const PASSING: ReadonlySet<number> = new Set([
  BrokerError.unknownTopicOrPartition, BrokerError.leaderNotAvailable, BrokerError.notLeader, BrokerError.requestTimedOut, BrokerError.replicaNotAvailable,
  BrokerError.coordinatorLoading, BrokerError.coordinatorNotAvailable, BrokerError.notCoordinator, BrokerError.notEnoughReplicas,
  BrokerError.notEnoughReplicasAfterAppend, BrokerError.concurrentTransactions, BrokerError.kafkaStorageError, BrokerError.fencedLeaderEpoch,
  BrokerError.unknownLeaderEpoch, BrokerError.offsetNotAvailable, BrokerError.preferredLeaderNotAvailable, BrokerError.unstableOffsetCommit,
]);
const DENIED: ReadonlySet<number> = new Set([
  BrokerError.topicAuthorisationFailed, BrokerError.groupAuthorisationFailed, BrokerError.clusterAuthorisationFailed, BrokerError.transactionalIdAuthorisationFailed,
]);
const REFUSED_RECORD: ReadonlySet<number> = new Set([BrokerError.messageTooLarge, BrokerError.recordListTooLarge, BrokerError.invalidTimestamp, BrokerError.invalidRecord]);
const FENCED: ReadonlySet<number> = new Set([BrokerError.invalidProducerEpoch, BrokerError.producerFenced]);

/** Whether it is worth asking again after a moment. */
export const isPassing = (code: number): boolean => PASSING.has(code);

/** Whether an ACL is missing. */
export const isDenied = (code: number): boolean => DENIED.has(code);

/** Whether the broker will never take this record. */
export const isRecordRefused = (code: number): boolean => REFUSED_RECORD.has(code);

/** Whether another producer has taken the transactional id, or the broker has given the transaction up. */
export const isFenced = (code: number): boolean => FENCED.has(code);

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(BrokerError).map(([name, code]) => [code, name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()]));

/** The name that Kafka gives a code (with our spelling where ours differs). */
export const brokerErrorName = (code: number): string => `${NAMES.get(code)?.replace('AUTHORISATION', 'AUTHORIZATION').replace('TRANSACTION_STATE', 'TXN_STATE') ?? 'UNKNOWN'} (${code})`;
