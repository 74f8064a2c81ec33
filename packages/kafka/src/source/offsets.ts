import type { Platform } from '@millrace/core/spi';
import { BrokerError, isPassing } from '../driver/broker-errors.js';
import { EARLIEST, LATEST, type KafkaDriver, type OffsetQuery, type PartitionOffset, type TopicMetadata, type TopicPartition } from '../driver/driver.js';
import { NoCommittedOffset, PartitionMissing, TopicMissing } from '../errors.js';
import { refusal, trying, type Trying } from '../retries.js';
import type { KafkaOffsets, KafkaOtherwise, KafkaStart, KafkaStop } from './source-options.js';

/** What finding offsets needs. */
export interface OffsetFinding {
  readonly driver: KafkaDriver;
  readonly platform: Platform;
  readonly signal?: AbortSignal | undefined;
  readonly forMs: number;
  readonly readCommitted: boolean;
  readonly group: string | undefined;
}

const tryingTo = ({ platform, signal, forMs }: OffsetFinding, what: string): Trying => ({ platform, signal, forMs, what });
const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;

/** The partitions of topics, once all have a leader. A topic that does not exist is an error. */
export function partitionsOf(finding: OffsetFinding, topics: readonly string[]): Promise<readonly TopicMetadata[]> {
  return trying(tryingTo(finding, `reading the metadata of ${topics.join(', ')}`), async () => {
    const found = await finding.driver.metadata(topics);
    for (const { topic, error } of found) {
      if (error === BrokerError.unknownTopicOrPartition || error === BrokerError.invalidTopic) throw TopicMissing.error({ what: `the topic "${topic}" does not exist` });
      if (error !== 0 && !isPassing(error)) throw refusal(error, 'reading the topic', topic);
    }
    const leaderless = found.find(({ error, partitions }) => error !== 0 || partitions.some(({ leader }) => leader < 0));
    return leaderless === undefined ? { done: found } : { again: `the topic "${leaderless.topic}" has a partition without a leader` };
  });
}

/** The offsets at one point in time for each partition, from their leaders; -1 when all records are older. */
export function offsetsAt(finding: OffsetFinding, wanted: readonly OffsetQuery[]): Promise<readonly PartitionOffset[]> {
  if (wanted.length === 0) return Promise.resolve([]);
  return trying(tryingTo(finding, 'looking up offsets'), async () => {
    const metadata = await finding.driver.metadata([...new Set(wanted.map(({ topic }) => topic))]);
    const byLeader = new Map<number, OffsetQuery[]>();
    for (const query of wanted) {
      const leader = metadata.find(({ topic }) => topic === query.topic)?.partitions.find(({ partition }) => partition === query.partition)?.leader ?? -1;
      if (leader < 0) return { again: `${nameOf(query)} has no leader` };
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), query]);
    }
    const found: PartitionOffset[] = [];
    for (const [node, queries] of byLeader) {
      for (const answer of await finding.driver.listOffsets(node, queries, finding.readCommitted)) {
        if (isPassing(answer.error)) return { again: `the leader of ${nameOf(answer)} is changing` };
        if (answer.error !== 0) throw refusal(answer.error, 'looking up offsets', answer.topic);
        found.push(answer);
      }
    }
    return { done: found };
  });
}

/** Where each partition starts or stops. */
export async function placesOf(finding: OffsetFinding, place: KafkaStart | KafkaStop, partitions: readonly TopicPartition[]): Promise<readonly PartitionOffset[]> {
  if (place === 'earliest') return offsetsAt(finding, partitions.map((one) => ({ ...one, timestamp: EARLIEST })));
  if (place === 'latest') return offsetsAt(finding, partitions.map((one) => ({ ...one, timestamp: LATEST })));
  if ('timestamp' in place) return atTime(finding, place.timestamp, partitions);
  if ('offsets' in place) return given(finding, place.offsets, 'otherwise' in place ? place.otherwise ?? 'fail' : 'fail', partitions);
  const known = await committed(finding, partitions);
  const otherwise: KafkaOtherwise = 'otherwise' in place ? place.otherwise ?? 'fail' : 'fail';
  return withOthers(finding, known, partitions, otherwise, (one) => NoCommittedOffset.error({ what: `the group "${finding.group ?? ''}" has committed no offset for ${nameOf(one)}` }));
}

/** A time after the last record means the end: what comes next is newer. */
async function atTime(finding: OffsetFinding, timestamp: number, partitions: readonly TopicPartition[]): Promise<readonly PartitionOffset[]> {
  const found = await offsetsAt(finding, partitions.map((one) => ({ ...one, timestamp })));
  const past = found.filter(({ offset }) => offset < 0);
  return [...found.filter(({ offset }) => offset >= 0), ...(await offsetsAt(finding, past.map(({ topic, partition }) => ({ topic, partition, timestamp: LATEST }))))];
}

function given(finding: OffsetFinding, offsets: KafkaOffsets, otherwise: KafkaOtherwise, partitions: readonly TopicPartition[]): Promise<readonly PartitionOffset[]> {
  for (const [topic, byPartition] of Object.entries(offsets)) {
    for (const partition of Object.keys(byPartition).map(Number)) {
      if (!partitions.some((one) => one.topic === topic && one.partition === partition)) throw PartitionMissing.error({ what: `an offset is given for ${topic}-${partition}, which the source does not read or which does not exist` });
    }
  }
  const known = partitions.flatMap(({ topic, partition }) => {
    const offset = offsets[topic]?.[partition];
    return offset === undefined ? [] : [{ topic, partition, offset }];
  });
  return withOthers(finding, known, partitions, otherwise, (one) => PartitionMissing.error({ what: `no offset is given for ${nameOf(one)}`, remedy: "Give one, or say otherwise: 'earliest' or 'latest'." }));
}

async function withOthers(finding: OffsetFinding, known: readonly PartitionOffset[], partitions: readonly TopicPartition[], otherwise: KafkaOtherwise, error: (one: TopicPartition) => Error): Promise<readonly PartitionOffset[]> {
  const others = partitions.filter((one) => !known.some(({ topic, partition }) => topic === one.topic && partition === one.partition));
  if (others.length === 0) return known;
  if (otherwise === 'fail') throw error(others[0]!);
  return [...known, ...(await placesOf(finding, otherwise, others))];
}

/** What a group has committed; partitions it has nothing for are left out. */
export function committed(finding: OffsetFinding, partitions: readonly TopicPartition[]): Promise<readonly PartitionOffset[]> {
  const { driver, group = '' } = finding;
  return trying(tryingTo(finding, `reading the offsets of the group "${group}"`), async () => {
    const { error, offsets } = await driver.fetchOffsets(group, partitions);
    if (isPassing(error)) {
      driver.forgetCoordinator('GROUP', group);
      return { again: 'the coordinator of the group is not ready' };
    }
    if (error !== 0) throw refusal(error, 'reading the offsets of the group', group);
    return { done: offsets.filter(({ offset }) => offset >= 0) };
  });
}
