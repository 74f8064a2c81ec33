/** Reading snapshots without the job that wrote them: for `millrace checkpoints show` and for tests. */
import type { Files } from '../base/platform-files.js';
import { mapKey } from '../record/map-key.js';
import { typeFromDescription } from '../record/types/describe.js';
import type { Namespace } from './backend.js';
import { blobBytes } from './blob-bytes.js';
import { SnapshotChainBroken } from './errors.js';
import { type BlobHeader, type BlobPlace, damaged, OPERATOR_PART, parseBlob, type ParsedBlob } from './format/key-group-blob.js';
import { readSection, type SectionVisitor } from './format/section-reader.js';
import type { StateMeta, StoredKind } from './format/state-meta.js';
import { ValueCodec } from './format/value-codec.js';
import type { KeyGroupBlob, OperatorSnapshot } from './operator-snapshot.js';

/** One entry of a snapshot, as plain data. */
export interface SnapshotRow {
  readonly state: string;
  readonly kind: StoredKind;
  /** -1 for what belongs to the subtask. */
  readonly keyGroup: number;
  /** The key; undefined for operator lists. Of a broadcast state, the key in its map. */
  readonly key: unknown;
  /** The window, or null. */
  readonly namespace: Namespace | null;
  /** The key within a map state, or the position in a list; undefined otherwise. */
  readonly part: unknown;
  /** The value. Of a timer, its time. */
  readonly value: unknown;
  /** When the entry expires, in its clock; undefined without time to live. */
  readonly expiresAt: number | undefined;
}

/** What a snapshot holds of an operator, by key group: states, their types, sizes. */
export interface SnapshotSummary {
  readonly keyGroup: number;
  readonly checkpointId: number;
  readonly watermark: number;
  /** The description of the type of keys. */
  readonly keyType: unknown;
  readonly states: readonly StateMeta[];
}

/**
 * All rows of a snapshot (a chain put together by `appendToChain`), key group by key group. Verifies every byte. Blobs in
 * files are read through `files`, those of one key group at a time.
 */
export function* readSnapshot(snapshot: OperatorSnapshot, files?: Files): Generator<SnapshotRow> {
  for (const [keyGroup, chain] of chainsOf(snapshot)) yield* rowsOfChain(keyGroup, chain.map((blob) => parsed(snapshot, blob, files)));
  if (snapshot.operatorState !== undefined) {
    const blob = parseBlob(snapshot.operatorState, { operatorUid: snapshot.operatorUid, keyGroup: OPERATOR_PART });
    yield* rowsOfChain(OPERATOR_PART, [blob]);
  }
}

/** What the parts of a snapshot say about themselves, that of the subtask (key group -1) last. Verifies every byte. */
export function summarizeSnapshot(snapshot: OperatorSnapshot, files?: Files): SnapshotSummary[] {
  const summaries = [...chainsOf(snapshot)].map(([keyGroup, chain]) => {
    const headers = chain.map((blob) => parsed(snapshot, blob, files).header);
    return summaryOf(keyGroup, headers.at(-1)!);
  });
  if (snapshot.operatorState === undefined) return summaries;
  const own = parseBlob(snapshot.operatorState, { operatorUid: snapshot.operatorUid, keyGroup: OPERATOR_PART });
  return [...summaries, summaryOf(OPERATOR_PART, own.header)];
}

function summaryOf(keyGroup: number, { checkpointId, watermark, keyType, states }: BlobHeader): SnapshotSummary {
  return { keyGroup, checkpointId, watermark, keyType, states };
}

function parsed(snapshot: OperatorSnapshot, blob: KeyGroupBlob, files: Files | undefined): ParsedBlob {
  return parseBlob(blobBytes(blob, files), { operatorUid: snapshot.operatorUid, keyGroup: blob.keyGroup });
}

function chainsOf(snapshot: OperatorSnapshot): Map<number, KeyGroupBlob[]> {
  const chains = new Map<number, KeyGroupBlob[]>();
  for (const blob of snapshot.keyGroups) {
    const { keyGroup, kind } = blob;
    const chain = chains.get(keyGroup);
    if (chain === undefined && kind === 'delta') {
      throw SnapshotChainBroken.error({ what: `key group ${keyGroup} of operator "${snapshot.operatorUid}" begins with a delta`, where: { operator: snapshot.operatorUid } });
    }
    if (chain === undefined || kind === 'base') chains.set(keyGroup, [blob]);
    else chain.push(blob);
  }
  return chains;
}

function* rowsOfChain(keyGroup: number, chain: readonly ParsedBlob[]): Generator<SnapshotRow> {
  const collectors = new Map<string, RowCollector>();
  for (const blob of chain) {
    const place: BlobPlace = blob.header;
    for (const section of blob.sections) {
      const { state } = section;
      let collector = collectors.get(state.name);
      if (collector === undefined) {
        collector = new RowCollector(keyGroup);
        collectors.set(state.name, collector);
      }
      collector.state = state;
      const key = new ValueCodec(typeFromDescription(blob.header.keyType));
      const mapKeyReader = state.mapKeyType === null ? undefined : new ValueCodec(typeFromDescription(state.mapKeyType));
      const value = state.type === null ? key : new ValueCodec(typeFromDescription(state.type));
      try {
        readSection(section, { key, mapKey: mapKeyReader, value }, collector);
      } catch (error) {
        throw damaged(place, `the records of state "${state.name}" cannot be read`, error);
      }
    }
  }
  for (const collector of collectors.values()) yield* collector.rows();
}

interface Row {
  readonly key: unknown;
  readonly namespace: Namespace | null;
  part: unknown;
  readonly value: unknown;
  readonly time: number;
}

/** Applies base and deltas, and gives what is left as rows. */
class RowCollector implements SectionVisitor {
  state: StateMeta | undefined;
  readonly #keyGroup: number;
  /** Rows by namespace, then key, then part. */
  readonly #spaces: Map<string, Map<unknown, Map<unknown, Row>>>;
  readonly #elements: unknown[];

  constructor(keyGroup: number) {
    this.state = undefined;
    this.#keyGroup = keyGroup;
    this.#spaces = new Map();
    this.#elements = [];
  }

  removeKey(namespace: Namespace, key: unknown): void {
    this.#spaces.get(nameOf(namespace))?.delete(mapKey(key));
  }

  dropNamespace(namespace: Namespace): void {
    this.#spaces.delete(nameOf(namespace));
  }

  removeMapEntry(namespace: Namespace, key: unknown, part: unknown): void {
    this.#spaces.get(nameOf(namespace))?.get(mapKey(key))?.delete(mapKey(part));
  }

  removeTimer(namespace: Namespace | null, key: unknown, time: number): void {
    this.#spaces.get(nameOf(namespace))?.get(mapKey(key))?.delete(time);
  }

  value(namespace: Namespace, key: unknown, time: number, value: unknown): void {
    this.#parts(this.#space(namespace), key).set(undefined, { key, namespace: this.#space(namespace), part: undefined, value, time });
  }

  list(namespace: Namespace, key: unknown, replaces: boolean, items: unknown[], times: number[]): void {
    const parts = this.#parts(this.#space(namespace), key);
    if (replaces) parts.clear();
    items.forEach((value, at) => parts.set(parts.size, { key, namespace: this.#space(namespace), part: parts.size, value, time: times[at] ?? NaN }));
  }

  map(): void {}

  mapEntry(namespace: Namespace, key: unknown, part: unknown, time: number, value: unknown): void {
    this.#parts(this.#space(namespace), key).set(mapKey(part), { key, namespace: this.#space(namespace), part, value, time });
  }

  timer(namespace: Namespace | null, key: unknown, time: number, sequence: number): void {
    this.#parts(namespace, key).set(time, { key, namespace, part: sequence, value: time, time: NaN });
  }

  elements(items: unknown[]): void {
    for (const item of items) this.#elements.push(item);
  }

  *rows(): Generator<SnapshotRow> {
    const { name, kind, ttl } = this.state!;
    for (const space of this.#spaces.values()) {
      for (const parts of space.values()) {
        for (const { key, namespace, part, value, time } of parts.values()) {
          const expiresAt = ttl === null || Number.isNaN(time) ? undefined : time + ttl.ttlMs;
          yield { state: name, kind, keyGroup: this.#keyGroup, key, namespace, part, value, expiresAt };
        }
      }
    }
    for (let at = 0; at < this.#elements.length; at++) {
      yield { state: name, kind, keyGroup: this.#keyGroup, key: undefined, namespace: null, part: at, value: this.#elements[at], expiresAt: undefined };
    }
  }

  /** States without namespaces are written with that of zero. */
  #space(namespace: Namespace): Namespace | null {
    return this.state!.namespaced ? namespace : null;
  }

  #parts(namespace: Namespace | null, key: unknown): Map<unknown, Row> {
    const name = nameOf(namespace ?? NO_NAMESPACE);
    let space = this.#spaces.get(name);
    if (space === undefined) {
      space = new Map();
      this.#spaces.set(name, space);
    }
    let parts = space.get(mapKey(key));
    if (parts === undefined) {
      parts = new Map();
      space.set(mapKey(key), parts);
    }
    return parts;
  }
}

const NO_NAMESPACE: Namespace = Object.freeze({ start: 0, end: 0 });

function nameOf(namespace: Namespace | null): string {
  const { start, end } = namespace ?? NO_NAMESPACE;
  return `${start}/${end}`;
}
