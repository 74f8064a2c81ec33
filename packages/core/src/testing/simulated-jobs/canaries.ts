import type { ThreadMessage } from '../../base/platform-threads.js';
import type { Platform } from '../../base/platform.js';
import type { CheckpointStore, StoredCheckpoint } from '../../checkpoint/checkpoint-store.js';
import type { AcknowledgedCheckpoint, SourceCheckpoint } from '../../checkpoint/completed-checkpoint.js';
import type { Committer, Sink } from '../../connector/sink.js';
import { PreReducer } from '../../operators/windows/pre-reducer.js';
import { LogStore } from '../../state/backends/log/log-store.js';
import type { OperatorSnapshot } from '../../state/operator-snapshot.js';
import { TimerUnit } from '../../state/timers/timer-unit.js';
import { withLateUploads, withoutCommitMarks, withoutDirectorySync, withoutFencing, withoutSync, withTrustedSync } from './broken-disks.js';
import type { Canary } from './canary.js';
import type { Life, LifeEnd, Scenario } from './scenario.js';
import { withParts } from './tampered-platform.js';

/** So long after it was said to be there a manifest is written. */
const LATE_MS = 8;
/** First number of a credit between threads. */
const CREDIT = 1;

/** One engine for each protection that is taken out. */
export const CANARIES: readonly Canary[] = [
  { name: 'fsync skipped', breaks: 'files are not forced to the disk before they are renamed', platform: withoutSync, scenario: (one) => onDisk(ending(one, { kind: 'powerCut', afterMs: 40, mode: 'tear' })) },
  { name: 'directory fsync skipped', breaks: 'new names are not forced to the disk', platform: withoutDirectorySync, scenario: (one) => onDisk(ending(one, { kind: 'powerCut', afterMs: 40, mode: 'tear' })) },
  {
    name: 'fsync error trusted', breaks: 'a failed fsync is taken for a good one', platform: withTrustedSync,
    scenario: (one) => withFaults(onDisk(ending(one, { kind: 'powerCut', afterMs: 40, mode: 'tear' })), [{ kind: 'inputOutput', operation: 'sync', after: 2, times: 1000 }]),
  },
  { name: 'delta dropped', breaks: 'checkpoints keep bases only', store: (store) => changing(store, (snapshot) => ({ ...snapshot, keyGroups: snapshot.keyGroups.filter(({ kind }) => kind === 'base') })) },
  { name: 'commit before manifest', breaks: 'sinks commit before the manifest is written', store: writingLater, scenario: (one) => onDisk(one) },
  { name: 'ack before upload', breaks: 'a checkpoint counts as complete before its bytes are written', platform: withLateUploads, scenario: (one) => onDisk(one) },
  { name: 'commit mark not written', breaks: 'nothing says that sinks may have committed', platform: withoutCommitMarks, scenario: (one) => damaging(onDisk(one)) },
  { name: 'barriers not aligned', breaks: 'records overtake barriers', message: unaligned, scenario: inThreads },
  { name: 'credits ignored', breaks: 'a sender is given credit twice', message: creditTwice, scenario: inThreads },
  { name: 'fencing off', breaks: 'a run does not see that a newer one has taken over', platform: withoutFencing, unfencedWarehouse: true, scenario: (one) => onDisk(ending(one, { kind: 'zombie', afterMs: 30 })) },
  { name: 'checksums not verified', breaks: 'every file has the same checksum', platform: withoutChecksums, scenario: (one) => damaging(onDisk(one)) },
  { name: 'restored commits skipped', breaks: 'what a restored checkpoint left to be committed is not', sink: (sink) => committing(sink, (committer) => ({ commit: async (all, context) => (context.recovered ? undefined : committer.commit(all, context)) })) },
  { name: 'commits not repeatable', breaks: 'a repeated commit is a second one', sink: (sink) => committing(sink, renaming), scenario: (one) => ({ ...one, sinks: 'warehouse', warehouse: { ...one.warehouse, lostReplies: 0.2 } }) },
  { name: 'timers not in snapshot', breaks: 'checkpoints hold no timers', patch: () => replaced(TimerUnit.prototype, 'step', { value: () => true }), scenario: (one) => operating(one, 'timers') },
  {
    name: 'watermark not in snapshot', breaks: 'a restore does not know how late it is', scenario: (one) => operating(one, 'lateWindow'),
    store: (store) => changing(store, (snapshot) => ({ ...snapshot, watermark: Number.NEGATIVE_INFINITY })),
  },
  { name: 'pre-image not written', breaks: 'state on disk changes under a running snapshot', patch: () => replaced(LogStore.prototype, 'preImages', { get: () => null }), scenario: onLog },
  { name: 'source positions lost', breaks: 'checkpoints hold no splits', store: (store) => changingSources(store, (source) => ({ ...source, splits: [] })) },
  { name: 'partials held across barriers', breaks: 'what was reduced before an exchange is not sent ahead of barriers', patch: () => replaced(PreReducer.prototype, 'flush', { value: () => {} }), scenario: reducing },
  { name: 'enumerator state lost', breaks: 'checkpoints do not say which splits were dealt', store: (store) => changingSources(store, (source) => ({ ...source, enumerator: undefined })) },
];

/** A scenario in which a life ends like this, and then the others follow. */
function ending(scenario: Scenario, end: LifeEnd): Scenario {
  const first: Life = scenario.lives[0] ?? { ...scenario.last, end, faults: [], acts: [], damage: undefined };
  const afterMs = 'afterMs' in end ? end.afterMs + (scenario.seed % 50) : 0;
  return { ...scenario, replays: false, lives: [{ ...first, end: 'afterMs' in end ? { ...end, afterMs } : end, damage: undefined }, ...scenario.lives.slice(1)] };
}

/** Windows behind exchanges from the first life on, which is killed while records of open windows wait before them; the next one goes on from its last checkpoint. */
export function reducing(scenario: Scenario): Scenario {
  const killed = ending(scenario, { kind: 'killed', afterMs: 10 });
  const spread = <P extends Pick<Life, 'parallelism' | 'workers'>>(place: P): P => ({ ...place, parallelism: 2 + (scenario.seed % 3), workers: Math.min(place.workers, 2) });
  return operating({ ...killed, checkpointIntervalMs: 4, last: spread(killed.last), lives: killed.lives.map(spread) }, 'window');
}

function withFaults(scenario: Scenario, faults: Life['faults']): Scenario {
  return { ...scenario, lives: scenario.lives.map((life, index) => (index === 0 ? { ...life, faults } : life)) };
}

function onDisk(scenario: Scenario): Scenario {
  return { ...scenario, store: 'file' };
}

function onLog(scenario: Scenario): Scenario {
  return { ...scenario, last: { ...scenario.last, backend: 'log' }, lives: scenario.lives.map((life) => ({ ...life, backend: 'log' })) };
}

function inThreads(scenario: Scenario): Scenario {
  const place = <P extends Pick<Life, 'parallelism' | 'workers'>>(one: P): P => ({ ...one, parallelism: 3, workers: 3 });
  return { ...scenario, maxLatencyMs: 2, last: place(scenario.last), lives: scenario.lives.map(place) };
}

function damaging(scenario: Scenario): Scenario {
  const kinds = ['swap', 'truncate', 'wrongBytes', 'flip', 'swap'] as const;
  // Stopped, it has a checkpoint and has committed what belongs to it; often taken, there is an older one.
  const withEnd = ending({ ...scenario, checkpointIntervalMs: 5, warehouse: { ...scenario.warehouse, recordsPerSecond: undefined } }, { kind: 'stopped', afterMs: 60 });
  return { ...withEnd, lives: withEnd.lives.map((life) => ({ ...life, workers: 0, faults: [], damage: kinds[scenario.seed % kinds.length] })) };
}

function operating(scenario: Scenario, operation: Scenario['job']['choices'][number]['operation']): Scenario {
  const choice = { operation, from: 0, other: 8, rebalance: false };
  return { ...scenario, job: { ...scenario.job, choices: [choice, ...scenario.job.choices.filter(({ operation: other }) => other !== 'lateWindow')] } };
}

/** All methods of a store, with their own `this`. */
function forwarding(store: CheckpointStore): CheckpointStore {
  return {
    open: () => store.open(),
    list: () => store.list(),
    newest: () => store.newest(),
    write: (checkpoint, metadata) => store.write(checkpoint, metadata),
    markCommitting: (id) => store.markCommitting(id),
    whole: (checkpoint, use) => store.whole(checkpoint, use),
    close: () => store.close(),
    assertCurrent: () => store.assertCurrent?.(),
    onReplaced: (listener) => store.onReplaced?.(listener),
  };
}

function changing(store: CheckpointStore, change: (snapshot: OperatorSnapshot) => OperatorSnapshot): CheckpointStore {
  const parts = (checkpoint: AcknowledgedCheckpoint): AcknowledgedCheckpoint['parts'] => new Map([...checkpoint.parts].map(([place, snapshot]) => [place, change(snapshot)]));
  return { ...forwarding(store), write: (checkpoint, metadata) => store.write({ ...checkpoint, parts: parts(checkpoint) }, metadata) };
}

function changingSources(store: CheckpointStore, change: (source: SourceCheckpoint) => SourceCheckpoint): CheckpointStore {
  return {
    ...forwarding(store),
    write: (checkpoint, metadata) => store.write({ ...checkpoint, sources: new Map([...checkpoint.sources].map(([uid, source]) => [uid, change(source)])) }, metadata),
  };
}

/** Says at once that a checkpoint is complete, and writes it a little later. */
function writingLater(store: CheckpointStore, platform: Platform): CheckpointStore {
  return {
    ...forwarding(store),
    write: (checkpoint, metadata) => {
      platform.timers.setTimer(LATE_MS, () => void store.write(checkpoint, metadata).then(() => store.markCommitting(checkpoint.checkpointId)).catch(() => {}));
      const { checkpointId, job } = checkpoint;
      return Promise.resolve<StoredCheckpoint>({ checkpointId, job, bytes: 0, newBytes: 0, ...metadata });
    },
    markCommitting: () => Promise.resolve(),
  };
}

function withoutChecksums(platform: Parameters<NonNullable<Canary['platform']>>[0]): ReturnType<NonNullable<Canary['platform']>> {
  const same = { update: () => same, digest: () => new Uint8Array(32) };
  return withParts(platform, { digests: { ...platform.digests, sha256: () => same, gmac: () => same } });
}

function unaligned(message: ThreadMessage): readonly ThreadMessage[] {
  const { kind, barrier } = message as { readonly kind?: string; readonly barrier?: { readonly options: object } };
  return kind === 'barrier' && barrier !== undefined ? [{ kind, barrier: { ...barrier, options: { ...barrier.options, alignment: 'at-least-once' } } }] : [message];
}

function creditTwice(message: ThreadMessage): readonly ThreadMessage[] {
  const isCredit = Array.isArray(message) && message[0] === CREDIT && message[2] instanceof ArrayBuffer;
  return isCredit ? [message, [CREDIT, message[1], new ArrayBuffer(1)]] : [message];
}

function committing(sink: Sink<unknown>, change: (committer: Committer<unknown>) => Committer<unknown>): Sink<unknown> {
  const { createCommitter } = sink;
  return createCommitter === undefined ? sink : { ...sink, createCommitter: (context) => change(createCommitter.call(sink, context)) };
}

/** Gives what is committed a new name each time. */
function renaming(committer: Committer<unknown>): Committer<unknown> {
  let calls = 0;
  return {
    commit: (all, context) => {
      calls++;
      return committer.commit((all as { readonly id: string }[]).map((one) => ({ ...one, id: `${one.id}, call ${calls} of run ${context.epoch}` })), context);
    },
  };
}

/** Replaces a property for some time; gives what puts it back. */
function replaced(target: object, name: string, by: PropertyDescriptor): () => void {
  const before = Object.getOwnPropertyDescriptor(target, name) as PropertyDescriptor;
  Object.defineProperty(target, name, { configurable: true, ...by });
  return () => void Object.defineProperty(target, name, before);
}
