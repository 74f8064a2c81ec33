import type { Platform } from '../base/platform.js';
import { watermarkFromJson, type Manifest, type ManifestOperator } from '../checkpoint/manifest.js';
import { fingerprintOf, typeFromDescription, typeInWords } from '../record/types/describe.js';
import { mapKey } from '../record/map-key.js';
import type { StateMeta, StoredKind } from '../state/format/state-meta.js';
import { readSnapshot, summarizeSnapshot } from '../state/snapshot-reader.js';
import { manifestAt, placeOf } from './checkpoint-place.js';
import { CheckpointFiles, operatorSnapshot } from './checkpoint-reader.js';
import { EncryptionKeys, type EncryptionSettings } from './encryption.js';
import { entryOf, type CheckpointEntry } from './list-checkpoints.js';
import { verifyManifestSeal } from './manifest-file.js';

/** One state of an operator. */
export interface StateDescription {
  readonly name: string;
  readonly kind: StoredKind;
  /** Its version, as the job counts it. */
  readonly version: number;
  /** The type of values in words; undefined for timers. */
  readonly type: string | undefined;
  /** Equal for equal declared types; undefined for dynamic ones and timers. */
  readonly fingerprint: string | undefined;
  /** The type of the keys of a map state. */
  readonly mapKeyType: string | undefined;
  /** Time to live in milliseconds. */
  readonly ttlMs: number | undefined;
  /** Whether its entries belong to windows. */
  readonly namespaced: boolean;
  /** Different keys that have an entry; those of several windows count once for each. Undefined when nothing was counted. */
  readonly keys: number | undefined;
  /** Entries: one per value, list element, map entry or timer. */
  readonly entries: number | undefined;
}

/** The bytes of a range of key groups: what one former subtask held. */
export interface KeyGroupBytes {
  readonly first: number;
  readonly last: number;
  readonly bytes: number;
}

/** One operator of a checkpoint. */
export interface OperatorDescription {
  readonly uid: string;
  /** Its parallelism when the checkpoint was taken. */
  readonly parallelism: number;
  readonly maxParallelism: number;
  /** The lowest watermark of its subtasks. */
  readonly watermark: number;
  /** The type of keys in words; undefined without keyed state. */
  readonly keyType: string | undefined;
  /** Bytes of its state. */
  readonly bytes: number;
  readonly keyGroups: readonly KeyGroupBytes[];
  readonly states: readonly StateDescription[];
}

/** A source of a checkpoint: its splits with their positions, as plain values. */
export interface SourceDescription {
  readonly uid: string;
  /** The type of its node, e.g. `kafka-source`; absent in checkpoints of early versions. */
  readonly type?: string;
  readonly enumerator: unknown;
  readonly splits: readonly unknown[];
}

/** Everything a checkpoint says of itself, but for the contents of states. */
export interface CheckpointDescription extends CheckpointEntry {
  readonly fingerprint: string;
  readonly operators: readonly OperatorDescription[];
  readonly sources: readonly SourceDescription[];
}

/** How a checkpoint is described. */
export interface DescribeOptions {
  readonly encryption?: EncryptionSettings;
  /** False: keys and entries are not counted, which spares decoding all state; true unless given. */
  readonly counts?: boolean;
}

/**
 * Describes one checkpoint or savepoint without its job. Verifies what it reads; throws `NoCheckpointThere`,
 * `CheckpointDamaged`, and the errors of keys. It takes no more memory than the largest key group.
 */
export function describeCheckpoint(platform: Platform, path: string, { encryption = {}, counts = true }: DescribeOptions = {}): CheckpointDescription {
  const place = placeOf(platform, path);
  const manifest = manifestAt(platform, place);
  const keys = new EncryptionKeys(platform, encryption);
  verifyManifestSeal(platform, place.file, manifest, keys);
  const files = new CheckpointFiles(platform, place.directory, manifest, keys);
  try {
    const byUid = new Map<string, ManifestOperator[]>();
    for (const entry of manifest.operators) byUid.set(entry.uid, [...(byUid.get(entry.uid) ?? []), entry]);
    return {
      ...entryOf(platform, place),
      fingerprint: manifest.fingerprint,
      operators: [...byUid].map(([uid, entries]) => describeOperator(uid, entries, manifest, files, counts)),
      sources: manifest.sources.map(({ uid, type, enumerator, splits }) => ({
        uid, ...(type === undefined ? {} : { type }), enumerator: files.readValue(enumerator), splits: files.readValue(splits) as readonly unknown[],
      })),
    };
  } finally {
    files.close();
  }
}

interface Counted {
  readonly meta: StateMeta;
  keys: number;
  entries: number;
}

function describeOperator(uid: string, entries: readonly ManifestOperator[], manifest: Manifest, files: CheckpointFiles, counts: boolean): OperatorDescription {
  const states = new Map<string, Counted>();
  let keyType: unknown;
  for (const entry of entries) {
    const groups: (number | undefined)[] = [...new Set(entry.parts.map(({ keyGroup }) => keyGroup))];
    if (entry.operatorState !== undefined) groups.push(undefined);
    for (const group of groups) {
      const { operatorState: _own, ...keyed } = entry;
      const snapshot = operatorSnapshot(group === undefined ? entry : keyed, manifest, files, (keyGroup) => keyGroup === group);
      for (const summary of summarizeSnapshot(snapshot)) {
        if (summary.keyGroup >= 0) keyType ??= summary.keyType;
        for (const meta of summary.states) if (!states.has(meta.name)) states.set(meta.name, { meta, keys: 0, entries: 0 });
      }
      if (counts) countRows(readSnapshot(snapshot), states);
    }
  }
  return {
    uid,
    parallelism: entries.length,
    maxParallelism: entries[0]?.maxParallelism ?? 0,
    watermark: entries.reduce((lowest, { watermark }) => Math.min(lowest, watermarkFromJson(watermark)), Number.POSITIVE_INFINITY),
    keyType: keyType === undefined ? undefined : typeInWords(typeFromDescription(keyType)),
    bytes: entries.reduce((sum, entry) => sum + bytesOf(entry) + (entry.operatorState?.length ?? 0), 0),
    keyGroups: entries.flatMap((entry) => rangeOf(entry)),
    states: [...states.values()].map((state) => describeState(state, counts)),
  };
}

/** Rows of one key lie together: a new one begins where key or window change. */
function countRows(rows: ReturnType<typeof readSnapshot>, states: ReadonlyMap<string, Counted>): void {
  let name: string | undefined;
  let last: string | undefined;
  for (const { state, key, namespace } of rows) {
    const counted = states.get(state);
    if (counted === undefined) continue;
    counted.entries++;
    const place = key === undefined ? undefined : `${namespace?.start ?? ''}/${namespace?.end ?? ''}/${typeof key}${String(mapKey(key))}`;
    if (place === undefined || (state === name && place === last)) continue;
    name = state;
    last = place;
    counted.keys++;
  }
}

function describeState({ meta, keys, entries }: Counted, counts: boolean): StateDescription {
  const type = meta.type === null ? undefined : typeFromDescription(meta.type);
  return {
    name: meta.name,
    kind: meta.kind,
    version: meta.version,
    type: type === undefined ? undefined : typeInWords(type),
    fingerprint: type === undefined ? undefined : fingerprintOf(type),
    mapKeyType: meta.mapKeyType === null ? undefined : typeInWords(typeFromDescription(meta.mapKeyType)),
    ttlMs: meta.ttl?.ttlMs,
    namespaced: meta.namespaced,
    keys: counts ? keys : undefined,
    entries: counts ? entries : undefined,
  };
}

function bytesOf({ parts }: ManifestOperator): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

function rangeOf(entry: ManifestOperator): KeyGroupBytes[] {
  if (entry.parts.length === 0) return [];
  const groups = entry.parts.map(({ keyGroup }) => keyGroup);
  return [{ first: Math.min(...groups), last: Math.max(...groups), bytes: bytesOf(entry) }];
}
