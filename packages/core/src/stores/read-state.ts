import { didYouMean } from '../base/suggest.js';
import type { Platform } from '../base/platform.js';
import type { Manifest, ManifestOperator } from '../checkpoint/manifest.js';
import { keyGroupOf } from '../record/key-hash.js';
import { mapKey, type MapKey } from '../record/map-key.js';
import type { OperatorSnapshot } from '../state/operator-snapshot.js';
import { readSnapshot, summarizeSnapshot, type SnapshotRow } from '../state/snapshot-reader.js';
import { manifestAt, placeOf } from './checkpoint-place.js';
import { CheckpointFiles, operatorSnapshot } from './checkpoint-reader.js';
import { EncryptionKeys, type EncryptionSettings } from './encryption.js';
import { NotInCheckpoint } from './errors.js';
import { verifyManifestSeal } from './manifest-file.js';

/** Which rows of a checkpoint are read. */
export interface StateQuery {
  /** The uid of the operator; all operators unless given. */
  readonly operator?: string;
  /** The name of the state; all of the operator unless given. */
  readonly state?: string;
  /** Only entries of keys that equal one of these, as values: a text from a command line may mean several. */
  readonly keys?: readonly unknown[];
  readonly encryption?: EncryptionSettings;
}

/** One entry of a state: a value, a list element, a map entry, a timer. */
export interface StateRow extends SnapshotRow {
  /** The uid of its operator. */
  readonly operator: string;
}

/**
 * The contents of states, row by row, read without the job: keys, windows and values as plain values, timers with their
 * time as the value. One key group is in memory at a time. Throws `NoCheckpointThere`, `NotInCheckpoint`,
 * `CheckpointDamaged`, and the errors of keys; the first three before the first row where they can be known then.
 */
export function* readState(platform: Platform, path: string, query: StateQuery = {}): Generator<StateRow, void, undefined> {
  const place = placeOf(platform, path);
  const manifest = manifestAt(platform, place);
  const keys = new EncryptionKeys(platform, query.encryption);
  verifyManifestSeal(platform, place.file, manifest, keys);
  const files = new CheckpointFiles(platform, place.directory, manifest, keys);
  try {
    const entries = manifest.operators.filter(({ uid }) => query.operator === undefined || uid === query.operator);
    if (entries.length === 0 && query.operator !== undefined) throw noOperator(manifest, query.operator);
    if (query.state !== undefined) assertState(entries, manifest, files, query.state);
    const wanted = query.keys === undefined ? undefined : new Set<MapKey>(query.keys.map(mapKey));
    for (const entry of entries) {
      for (const snapshot of pieces(entry, manifest, files, query.keys)) {
        for (const row of readSnapshot(snapshot)) {
          if (query.state !== undefined && row.state !== query.state) continue;
          if (wanted !== undefined && (row.key === undefined || !wanted.has(mapKey(row.key)))) continue;
          yield { operator: entry.uid, ...row };
        }
      }
    }
  } finally {
    files.close();
  }
}

/**
 * The keys that a text may mean: itself, and what it is as JSON or as an integer, so that `7` finds the number, the bigint
 * and the text.
 */
export function keysFromText(text: string): readonly unknown[] {
  const keys: unknown[] = [text];
  if (/^-?\d+n?$/.test(text)) keys.push(BigInt(text.replace('n', '')));
  try {
    const parsed: unknown = JSON.parse(text);
    mapKey(parsed);
    if (typeof parsed !== 'string' || parsed !== text) keys.push(parsed);
  } catch {
    // No JSON, or nothing that can be a key: then only the text itself is meant.
  }
  return keys;
}

/** The key groups of one former subtask, one after the other, and then what belongs to no key. */
function* pieces(entry: ManifestOperator, manifest: Manifest, files: CheckpointFiles, keys: readonly unknown[] | undefined): Generator<OperatorSnapshot> {
  const { operatorState, ...keyed } = entry;
  const wanted = keys === undefined ? undefined : new Set(keys.map((key) => keyGroupOf(key, entry.maxParallelism)));
  for (const keyGroup of new Set(entry.parts.map((part) => part.keyGroup))) {
    if (wanted?.has(keyGroup) === false) continue;
    yield operatorSnapshot(keyed, manifest, files, (group) => group === keyGroup);
  }
  if (operatorState !== undefined) yield operatorSnapshot(entry, manifest, files, () => false);
}

function noOperator({ operators, kind, checkpointId }: Manifest, uid: string): Error {
  const known = [...new Set(operators.map((entry) => entry.uid))];
  return NotInCheckpoint.error({ what: `${kind} ${checkpointId} holds no operator with uid "${uid}".${didYouMean(uid, known)}`, why: `it holds: ${known.join(', ') || 'none'}` });
}

/** A state that no blob names would silently give no rows. */
function assertState(entries: readonly ManifestOperator[], manifest: Manifest, files: CheckpointFiles, state: string): void {
  const known = new Set<string>();
  for (const entry of entries) {
    for (const snapshot of pieces(entry, manifest, files, undefined)) {
      for (const { states } of summarizeSnapshot(snapshot)) for (const { name } of states) known.add(name);
      if (known.has(state)) return;
    }
  }
  throw NotInCheckpoint.error({ what: `${manifest.kind} ${manifest.checkpointId} holds no state "${state}".${didYouMean(state, known)}`, why: `there are: ${[...known].join(', ') || 'none'}` });
}
