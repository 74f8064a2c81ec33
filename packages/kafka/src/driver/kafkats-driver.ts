import { Cluster, Decoder, KafkaError, requests, responses, UnsupportedVersionError, type Broker, type Encoder } from '@kafkats/client';
import { MillraceError, type Platform } from '@millrace/core/spi';
import { openSecret, type KafkaConnection } from '../connection.js';
import { AuthenticationFailed, AuthorisationDenied, BrokersUnreachable, RequestRefused } from '../errors.js';
import { pause } from '../retries.js';
import { isDenied, isPassing } from './broker-errors.js';
import type {
  AclEntry, FetchedPartition, FetchRequest, KafkaDriver, NewTopic, OffsetAnswer, OffsetQuery, PartitionOffset, ProducedPartition, ProduceRequest,
  ProducerIdentity, TopicMetadata, TopicPartition, TopicResult, Transaction,
} from './driver.js';

/** Requests under way on one connection. */
const IN_FLIGHT = 5;
/** Metadata are asked for when they are needed; the client's own timer only helps where a broker moved. */
const METADATA_MS = 60_000;
const CREATE_TIMEOUT_MS = 30_000;
const LIST_TRANSACTIONS = 66;
const ADD_PARTITIONS = 24;
const ADD_PARTITIONS_VERSION = 3;
/** How often it is looked whether the versions of a new connection are known. */
const VERSIONS_MS = 10;
/** A response of more than this is not believed. */
const MAX_FRAME_BYTES = 256 * 1024 * 1024;
/** Says that a topic is meant by its name. */
const NO_TOPIC_ID = '00000000-0000-0000-0000-000000000000';
const NO_BYTES = new Uint8Array(0);
const ACL_RESOURCES = { topic: 2, group: 3, transactionalId: 5 };
const ACL_OPERATIONS = { all: 2, read: 3, write: 4, describe: 8 };

/** A connection as far as those requests need it that the client has not, or not in the version that is wanted. */
interface RawConnection {
  send(apiKey: number, version: number, encode: (encoder: Encoder) => void): Promise<Buffer>;
}

/** The driver on the low-level layer of @kafkats/client: its connections, requests and answers, not its consumer and producer. */
export class KafkatsDriver implements KafkaDriver {
  readonly #connection: KafkaConnection;
  readonly #platform: Platform;
  #cluster: Cluster | undefined;
  #connecting: Promise<void> | undefined;
  #closed: boolean;

  constructor(connection: KafkaConnection, platform: Platform) {
    this.#connection = connection;
    this.#platform = platform;
    this.#cluster = undefined;
    this.#connecting = undefined;
    this.#closed = false;
  }

  async connect(): Promise<void> {
    if (this.#cluster !== undefined) return;
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined));
    await this.#connecting;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#connecting?.catch(() => {});
    const cluster = this.#cluster;
    this.#cluster = undefined;
    await cluster?.disconnect().catch(() => {});
  }

  metadata(topics: readonly string[] | undefined): Promise<readonly TopicMetadata[]> {
    return this.#call('metadata', async (cluster) => {
      const broker = await this.#ready(cluster.getAnyBroker());
      const answer = await broker.metadata({ topics: topics === undefined ? null : topics.map((name) => ({ name })), allowAutoTopicCreation: false });
      const known = cluster.getMetadata()?.brokers;
      if (answer.brokers.some(({ nodeId, host, port }) => known?.get(nodeId)?.host !== host || known.get(nodeId)?.port !== port)) await cluster.refreshMetadata([]);
      return answer.topics.map(({ name, topicId, errorCode, isInternal, partitions }) => ({
        topic: name ?? '',
        topicId,
        error: errorCode,
        internal: isInternal,
        partitions: partitions.map(({ partitionIndex, leaderId, errorCode: error }) => ({ partition: partitionIndex, leader: Number(error) === 0 ? leaderId : -1 })).sort((left, right) => left.partition - right.partition),
      }));
    });
  }

  listOffsets(node: number, wanted: readonly OffsetQuery[], readCommitted: boolean): Promise<readonly OffsetAnswer[]> {
    return this.#call('listOffsets', async (cluster) => {
      const broker = await this.#ready(cluster.getBroker(node));
      const topics = byTopic(wanted, ({ partition, timestamp }) => ({ partitionIndex: partition, timestamp: BigInt(timestamp) }));
      const answer = await broker.listOffsets({ isolationLevel: readCommitted ? 1 : 0, topics });
      return answer.topics.flatMap(({ name, partitions }) => partitions.map(({ partitionIndex, errorCode, offset }) => ({ topic: name, partition: partitionIndex, error: errorCode, offset: Number(offset) })));
    });
  }

  fetch(node: number, request: FetchRequest): Promise<readonly FetchedPartition[]> {
    return this.#call('fetch', async (cluster) => {
      const broker = await this.#ready(cluster.getBroker(node));
      const topics = request.partitions.length === 0 ? [] : byTopic(request.partitions, ({ partition, offset, maxBytes }) => ({ partitionIndex: partition, fetchOffset: BigInt(offset), partitionMaxBytes: maxBytes }))
        .map(({ name, partitions }) => ({ topic: name, partitions }));
      const answer = await broker.fetch({ maxWaitMs: request.maxWaitMs, minBytes: 1, maxBytes: request.maxBytes, isolationLevel: request.readCommitted ? 1 : 0, topics });
      return answer.topics.flatMap(({ topic, partitions }) => partitions.map((one) => ({
        topic,
        partition: one.partitionIndex,
        error: one.errorCode,
        highWatermark: Number(one.highWatermark),
        lastStableOffset: Number(one.lastStableOffset),
        logStartOffset: Number(one.logStartOffset),
        aborted: one.abortedTransactions.map(({ producerId, firstOffset }) => ({ producerId, firstOffset: Number(firstOffset) })),
        records: one.recordsData ?? NO_BYTES,
      })));
    });
  }

  produce(node: number, request: ProduceRequest): Promise<readonly ProducedPartition[]> {
    return this.#call('produce', async (cluster) => {
      const broker = await this.#ready(cluster.getBroker(node));
      const topics = byTopic(request.batches, ({ partition, bytes }) => ({ partitionIndex: partition, records: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) }));
      const answer = await broker.produce({ transactionalId: request.transactionalId, acks: request.acks, timeoutMs: request.timeoutMs, topics });
      return answer.topics.flatMap(({ name, partitions }) => partitions.map(({ partitionIndex, errorCode, errorMessage, baseOffset }) => ({
        topic: name,
        partition: partitionIndex,
        error: errorCode,
        message: errorMessage ?? undefined,
        baseOffset: Number(baseOffset),
      })));
    });
  }

  initProducerId(transactionalId: string | null, timeoutMs: number): Promise<ProducerIdentity & { readonly error: number }> {
    return this.#call('initProducerId', async (cluster) => {
      const broker = transactionalId === null ? await this.#ready(cluster.getAnyBroker()) : await this.#ready(cluster.getCoordinator('TRANSACTION', transactionalId));
      const { errorCode, producerId, producerEpoch } = await broker.initProducerId({ transactionalId, transactionTimeoutMs: timeoutMs });
      return { error: errorCode, producerId, epoch: producerEpoch };
    });
  }

  addPartitions(transaction: Transaction, partitions: readonly TopicPartition[]): Promise<number> {
    return this.#call('addPartitionsToTxn', async (cluster) => {
      const { transactionalId, producerId, epoch } = transaction;
      const broker = await this.#ready(cluster.getCoordinator('TRANSACTION', transactionalId));
      const topics = byTopic(partitions, ({ partition }) => partition);
      const answer = await joinTransaction(broker, { transactionalId, producerId, producerEpoch: epoch, topics });
      const errors = [answer.errorCode, ...answer.results.flatMap(({ resultsByPartition }) => resultsByPartition.map(({ errorCode }) => errorCode))].map(Number).filter((error) => error !== 0);
      // "Operation not attempted" only says that another partition was refused.
      return errors.find((error) => error !== 55) ?? errors[0] ?? 0;
    });
  }

  endTransaction({ transactionalId, producerId, epoch }: Transaction, commit: boolean): Promise<number> {
    return this.#call('endTxn', async (cluster) => {
      const broker = await this.#ready(cluster.getCoordinator('TRANSACTION', transactionalId));
      return (await broker.endTxn({ transactionalId, producerId, producerEpoch: epoch, committed: commit })).errorCode;
    });
  }

  openTransactions(): Promise<readonly string[] | undefined> {
    return this.#call('listTransactions', async (cluster) => {
      await cluster.refreshMetadata([]);
      const nodes = [...(cluster.getMetadata()?.brokers.keys() ?? [])];
      const found: string[] = [];
      for (const node of nodes) {
        const open = await listOpen(await this.#ready(cluster.getBroker(node)));
        if (open === undefined) return undefined;
        found.push(...open);
      }
      return found;
    });
  }

  commitOffsets(group: string, offsets: readonly PartitionOffset[]): Promise<readonly (TopicPartition & { readonly error: number })[]> {
    return this.#call('offsetCommit', async (cluster) => {
      const broker = await this.#ready(cluster.getCoordinator('GROUP', group));
      const topics = byTopic(offsets, ({ partition, offset }) => ({ partitionIndex: partition, committedOffset: BigInt(offset) }));
      const answer = await broker.offsetCommit({ groupId: group, generationId: -1, memberId: '', topics });
      return answer.topics.flatMap(({ name, partitions }) => partitions.map(({ partitionIndex, errorCode }) => ({ topic: name, partition: partitionIndex, error: errorCode })));
    });
  }

  fetchOffsets(group: string, wanted: readonly TopicPartition[]): Promise<{ readonly error: number; readonly offsets: readonly PartitionOffset[] }> {
    return this.#call('offsetFetch', async (cluster) => {
      const broker = await this.#ready(cluster.getCoordinator('GROUP', group));
      const topics = byTopic(wanted, ({ partition }) => ({ partitionIndex: partition }));
      const answer = await broker.offsetFetch({ groupId: group, topics, requireStable: false });
      const all = answer.topics.flatMap(({ name, partitions }) => partitions.map((one) => ({ topic: name, partition: one.partitionIndex, offset: Number(one.committedOffset), error: Number(one.errorCode) })));
      return { error: Number(answer.errorCode) || (all.find(({ error }) => error !== 0)?.error ?? 0), offsets: all };
    });
  }

  createTopics(topics: readonly NewTopic[]): Promise<readonly TopicResult[]> {
    return this.#call('createTopics', async (cluster) => {
      const broker = await this.#ready(cluster.getAnyBroker());
      const answer = await broker.createTopics({
        timeoutMs: CREATE_TIMEOUT_MS,
        topics: topics.map(({ topic, partitions = -1, replicas = -1, config = {} }) => ({
          name: topic,
          numPartitions: partitions,
          replicationFactor: replicas,
          assignments: [],
          configs: Object.entries(config).map(([name, value]) => ({ name, value })),
        })),
      });
      return answer.topics.map(({ name, errorCode, errorMessage }) => ({ topic: name, error: errorCode, message: errorMessage ?? undefined }));
    });
  }

  deleteTopics(topics: readonly string[]): Promise<readonly TopicResult[]> {
    return this.#call('deleteTopics', async (cluster) => {
      const broker = await this.#ready(cluster.getAnyBroker());
      const answer = await broker.deleteTopics({ timeoutMs: CREATE_TIMEOUT_MS, topics: topics.map((name) => ({ name, topicId: NO_TOPIC_ID })) });
      return answer.responses.map(({ name, errorCode, errorMessage }) => ({ topic: name ?? '', error: errorCode, message: errorMessage ?? undefined }));
    });
  }

  createAcls(acls: readonly AclEntry[]): Promise<readonly number[]> {
    return this.#call('createAcls', async (cluster) => {
      const broker = await this.#ready(cluster.getAnyBroker());
      const creations = acls.map(({ resource, name, prefixed = false, principal, operation }) => ({
        resourceType: ACL_RESOURCES[resource],
        resourceName: name,
        resourcePatternType: prefixed ? 4 : 3,
        principal,
        host: '*',
        operation: ACL_OPERATIONS[operation],
        permissionType: 3,
      }));
      return (await broker.createAcls({ creations })).results.map(({ errorCode }) => errorCode);
    });
  }

  forgetCoordinator(type: 'GROUP' | 'TRANSACTION', key: string): void {
    this.#cluster?.invalidateCoordinator(type, key);
  }

  async #connect(): Promise<void> {
    const { brokers, clientId, tls, sasl, requestTimeoutMs, connectTimeoutMs } = this.#connection;
    const text = (value: Parameters<typeof openSecret>[0]): string => openSecret(value, this.#platform);
    const cluster = new Cluster({
      brokers: [...brokers],
      clientId,
      connectionTimeoutMs: connectTimeoutMs,
      requestTimeoutMs,
      maxInFlightRequests: IN_FLIGHT,
      metadataRefreshIntervalMs: METADATA_MS,
      maxFrameSize: MAX_FRAME_BYTES,
      ...(tls === undefined ? {} : { tls: {
        enabled: true,
        ...(tls.ca === undefined ? {} : { ca: typeof tls.ca === 'string' ? tls.ca : [...tls.ca] }),
        ...(tls.cert === undefined ? {} : { cert: tls.cert }),
        ...(tls.key === undefined ? {} : { key: text(tls.key) }),
        ...(tls.passphrase === undefined ? {} : { passphrase: text(tls.passphrase) }),
        ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
      } }),
      ...(sasl === undefined ? {} : { sasl: { mechanism: sasl.mechanism, username: sasl.username, password: text(sasl.password) } }),
    });
    // A broker that goes away is told to whoever asks it next.
    cluster.on('error', () => {});
    try {
      await cluster.connect();
    } catch (error) {
      await cluster.disconnect().catch(() => {});
      throw this.#coded(error, 'connecting');
    }
    if (this.#closed) await cluster.disconnect().catch(() => {});
    else this.#cluster = cluster;
  }

  async #call<T>(what: string, ask: (cluster: Cluster) => Promise<T>): Promise<T> {
    if (this.#closed) throw BrokersUnreachable.error({ what: `${what}: the connection is closed` });
    await this.connect();
    const cluster = this.#cluster;
    if (cluster === undefined) throw BrokersUnreachable.error({ what: `${what}: the connection is closed` });
    try {
      return await ask(cluster);
    } catch (error) {
      throw this.#coded(error, what);
    }
  }

  /** A broker counts as connected a moment before the client knows its versions; whoever asks in between has to wait. */
  async #ready(found: Promise<Broker>): Promise<Broker> {
    const broker = await found;
    for (let waited = 0; broker.getApiVersions().size === 0 && waited < this.#connection.connectTimeoutMs; waited += VERSIONS_MS) await pause(this.#platform, VERSIONS_MS);
    return broker;
  }

  #coded(error: unknown, what: string): MillraceError {
    if (error instanceof MillraceError) return error;
    const { brokers, sasl } = this.#connection;
    for (let one: unknown = error; one instanceof Error; one = one.cause) {
      if (/^(Sasl|IllegalSasl|UnsupportedSasl|Scram)/.test(one.name)) return AuthenticationFailed.error({ what: `${brokers.join(', ')} did not accept user "${sasl?.username ?? ''}" with ${sasl?.mechanism ?? 'no mechanism'}: ${one.message}`, cause: error });
    }
    const reason = error instanceof Error ? innermost(error) : String(error);
    const code = error instanceof KafkaError ? Number(error.errorCode) : -1;
    if (isDenied(code)) return AuthorisationDenied.error({ what: `${what} was denied by ${brokers.join(', ')}: ${reason}`, cause: error });
    // Without versions the broker went away while it was being asked for them.
    const versionsUnknown = error instanceof UnsupportedVersionError && error.supportedRange === undefined;
    if (code > 0 && !isPassing(code) && !versionsUnknown) return RequestRefused.error({ what: `${what} was refused by ${brokers.join(', ')}: ${reason}`, cause: error });
    return BrokersUnreachable.error({ what: `${brokers.join(', ')}: ${what} failed: ${reason}`, cause: error });
  }
}

function innermost(error: Error): string {
  return error.cause instanceof Error && !error.message.includes(error.cause.message) ? `${error.message}: ${innermost(error.cause)}` : error.message;
}

/**
 * AddPartitionsToTxn in version 3. The client would take version 4, which is meant for brokers among themselves and needs a
 * right over the whole cluster.
 */
async function joinTransaction(broker: Broker, request: requests.AddPartitionsToTxnRequest): Promise<responses.AddPartitionsToTxnResponse> {
  const { connection } = broker as unknown as { readonly connection: RawConnection };
  const decoder = new Decoder(await connection.send(ADD_PARTITIONS, ADD_PARTITIONS_VERSION, (encoder) => requests.encodeAddPartitionsToTxnRequest(encoder, ADD_PARTITIONS_VERSION, request)));
  skipHeader(decoder);
  return responses.decodeAddPartitionsToTxnResponse(decoder, ADD_PARTITIONS_VERSION);
}

/** The number of the request, and fields that newer brokers may add. */
function skipHeader(decoder: Decoder): void {
  decoder.skip(4);
  decoder.skipTaggedFields();
}

/** ListTransactions, which the client lacks: the ids of transactions in the state Ongoing. Undefined for a broker before 3.0. */
async function listOpen(broker: Broker): Promise<readonly string[] | undefined> {
  const known = broker.getApiVersions() as ReadonlyMap<number, unknown>;
  if (!known.has(LIST_TRANSACTIONS)) return undefined;
  const { connection } = broker as unknown as { readonly connection: RawConnection };
  const bytes = await connection.send(LIST_TRANSACTIONS, 0, (encoder) => {
    // Lengths are one more than what they count; the client writes the flexible header of this request by itself.
    encoder.writeUVarInt(2);
    encoder.writeCompactString('Ongoing');
    encoder.writeUVarInt(1);
    encoder.writeEmptyTaggedFields();
  });
  const decoder = new Decoder(bytes);
  skipHeader(decoder);
  decoder.skip(4);
  if (decoder.readInt16() !== 0) return undefined;
  decoder.readCompactArray((item) => item.readCompactString());
  return decoder.readCompactArray((item) => {
    const id = item.readCompactString();
    item.readInt64();
    item.readCompactString();
    item.skipTaggedFields();
    return id;
  });
}

function byTopic<P extends TopicPartition, R>(items: readonly P[], entry: (item: P) => R): { name: string; partitions: R[] }[] {
  const topics = new Map<string, R[]>();
  for (const item of items) {
    const entries = topics.get(item.topic);
    if (entries === undefined) topics.set(item.topic, [entry(item)]);
    else entries.push(entry(item));
  }
  return [...topics].map(([name, partitions]) => ({ name, partitions }));
}
