/**
 * What the connector needs of a Kafka client, in our own words: requests and answers, one to one. The brokers' error
 * codes are given back as numbers (see `broker-errors.ts`), because what an error means depends on who asked; a call
 * rejects only when there was no answer.
 */
export interface KafkaDriver {
  /** Reaches one of the brokers. Rejects with a coded error when none can be reached or the credentials are refused. */
  connect(): Promise<void>;
  close(): Promise<void>;
  /** Partitions of the named topics, or of all that may be seen. An unknown topic has an error code and no partitions. */
  metadata(topics: readonly string[] | undefined): Promise<readonly TopicMetadata[]>;
  /** The offsets at points in time, asked from the leaders. `timestamp`: epoch milliseconds, {@link EARLIEST} or {@link LATEST}. */
  listOffsets(node: number, wanted: readonly OffsetQuery[], readCommitted: boolean): Promise<readonly OffsetAnswer[]>;
  fetch(node: number, request: FetchRequest): Promise<readonly FetchedPartition[]>;
  produce(node: number, request: ProduceRequest): Promise<readonly ProducedPartition[]>;
  /** A producer id; for a transactional id it ends an open transaction and fences whoever used it before. */
  initProducerId(transactionalId: string | null, timeoutMs: number): Promise<ProducerIdentity & { readonly error: number }>;
  addPartitions(transaction: Transaction, partitions: readonly TopicPartition[]): Promise<number>;
  endTransaction(transaction: Transaction, commit: boolean): Promise<number>;
  /** Transactions that are open anywhere in the cluster. Undefined where the brokers cannot tell (before 3.0). */
  openTransactions(): Promise<readonly string[] | undefined>;
  commitOffsets(group: string, offsets: readonly PartitionOffset[]): Promise<readonly (TopicPartition & { readonly error: number })[]>;
  /** The offsets of a group; -1 where it has none. */
  fetchOffsets(group: string, partitions: readonly TopicPartition[]): Promise<{ readonly error: number; readonly offsets: readonly PartitionOffset[] }>;
  createTopics(topics: readonly NewTopic[]): Promise<readonly TopicResult[]>;
  deleteTopics(topics: readonly string[]): Promise<readonly TopicResult[]>;
  createAcls(acls: readonly AclEntry[]): Promise<readonly number[]>;
  /** Forgets which broker coordinates a transactional id or a group, after it said that it no longer does. */
  forgetCoordinator(type: 'GROUP' | 'TRANSACTION', key: string): void;
}

/** As a timestamp of an offset query: the first offset there is. */
export const EARLIEST = -2;
/** As a timestamp of an offset query: the end. */
export const LATEST = -1;

/** A partition of a topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A place in a partition. */
export interface PartitionOffset extends TopicPartition {
  readonly offset: number;
}

/** A topic as the brokers describe it. */
export interface TopicMetadata {
  readonly topic: string;
  /** Another one after the topic was deleted and made again. */
  readonly topicId: string;
  readonly error: number;
  readonly internal: boolean;
  /** By number; `leader` is the node to ask, below 0 where there is none at the moment. */
  readonly partitions: readonly { readonly partition: number; readonly leader: number }[];
}

/** Which offset is asked for. */
export interface OffsetQuery extends TopicPartition {
  readonly timestamp: number;
}

/** The offset at a point in time; -1 when all records are older. */
export interface OffsetAnswer extends TopicPartition {
  readonly error: number;
  readonly offset: number;
}

/** One round of reading from a broker. */
export interface FetchRequest {
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly readCommitted: boolean;
  readonly partitions: readonly (PartitionOffset & { readonly maxBytes: number })[];
}

/** What a fetch brought for one partition. */
export interface FetchedPartition extends TopicPartition {
  readonly error: number;
  readonly highWatermark: number;
  /** Below it every transaction has ended. */
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  /** Aborted transactions that lie, in part, in what was fetched. */
  readonly aborted: readonly { readonly producerId: bigint; readonly firstOffset: number }[];
  /** Record batches one after the other, the last one perhaps cut off. */
  readonly records: Uint8Array;
}

/** A producer id with its epoch, which fences older users. */
export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly epoch: number;
}

/** A transaction: who writes it. */
export interface Transaction extends ProducerIdentity {
  readonly transactionalId: string;
}

/** Record batches for a broker, one per partition. */
export interface ProduceRequest {
  readonly transactionalId: string | null;
  /** -1: all in-sync replicas have it; 1: the leader has it. */
  readonly acks: -1 | 1;
  readonly timeoutMs: number;
  readonly batches: readonly (TopicPartition & { readonly bytes: Uint8Array })[];
}

/** Where a batch landed. */
export interface ProducedPartition extends TopicPartition {
  readonly error: number;
  readonly message: string | undefined;
  readonly baseOffset: number;
}

/** A topic to be created. */
export interface NewTopic {
  readonly topic: string;
  /** The brokers' default unless given. */
  readonly partitions?: number;
  readonly replicas?: number;
  /** Settings such as `cleanup.policy`. */
  readonly config?: Readonly<Record<string, string>>;
}

/** How creating or deleting a topic went. */
export interface TopicResult {
  readonly topic: string;
  readonly error: number;
  readonly message: string | undefined;
}

/** What a user may do with a topic, group or transactional id. */
export interface AclEntry {
  readonly resource: 'group' | 'topic' | 'transactionalId';
  readonly name: string;
  /** Whether `name` is the beginning of names. */
  readonly prefixed?: boolean;
  /** e.g. `User:alice`. */
  readonly principal: string;
  readonly operation: 'all' | 'describe' | 'read' | 'write';
}
