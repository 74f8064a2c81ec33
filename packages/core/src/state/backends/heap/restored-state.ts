import { MillraceError } from '../../../base/errors.js';
import type { Files } from '../../../base/platform-files.js';
import type { KeyGroupRange } from '../../backend.js';
import { MaxParallelismChanged, SnapshotChainBroken, SnapshotDamaged, StateKindChanged } from '../../errors.js';
import { type BlobPlace, type BlobSection, damaged, OPERATOR_PART } from '../../format/key-group-blob.js';
import { type RestoredBlob, restoredBlob } from '../../format/restored-blob.js';
import { readSection, type SectionReaders, type SectionVisitor } from '../../format/section-reader.js';
import type { StateMeta, StoredKind } from '../../format/state-meta.js';
import type { OperatorSnapshot } from '../../operator-snapshot.js';

/** One state's part of a blob, with what is needed to read it. */
export interface RestoredSection {
  readonly place: BlobPlace;
  readonly keyType: unknown;
  /** The state as the blob describes it. */
  readonly state: StateMeta;
  /** Gives the records; undefined when the blob knows the state and has none of it. A blob in a file is read for it, and verified. */
  load(): BlobSection | undefined;
}

/** The sections of one key group in the order of their application: base, then deltas. */
export type RestoredChain = readonly RestoredSection[];

/** What a restored state is made for. */
export interface RestoreOptions {
  readonly operatorUid: string;
  readonly range: KeyGroupRange;
  readonly maxParallelism: number;
  /** Where blobs in files are read. */
  readonly files: Files | undefined;
}

/**
 * What a restore brought. What is in memory is verified and taken apart at once; of a blob in a file only the header is
 * read, and the rest when a state is declared, so that no more than one key group is in memory at a time.
 */
export class RestoredState {
  readonly watermark: number;
  readonly keyGroups: ReadonlyMap<number, readonly RestoredBlob[]>;
  readonly #operatorParts: readonly (RestoredBlob | undefined)[];
  readonly #operatorUid: string;
  readonly #unclaimed: Map<string, StateMeta>;

  constructor(snapshots: readonly OperatorSnapshot[], options: RestoreOptions) {
    this.#operatorUid = options.operatorUid;
    const keyGroups = new Map<number, RestoredBlob[]>();
    const watermarks: number[] = [];
    for (const snapshot of snapshots) {
      checkMaxParallelism(snapshot, options);
      if (addKeyGroups(snapshot, options, keyGroups)) watermarks.push(snapshot.watermark);
    }
    this.keyGroups = keyGroups;
    this.#operatorParts = snapshots.map(({ operatorUid, operatorState }) =>
      operatorState === undefined ? undefined : restoredBlob({ keyGroup: OPERATOR_PART, kind: 'base', bytes: operatorState }, { operatorUid, keyGroup: OPERATOR_PART }, options.files),
    );
    const counted = watermarks.length > 0 ? watermarks : snapshots.map((snapshot) => snapshot.watermark);
    this.watermark = counted.length === 0 ? -Infinity : Math.min(...counted);
    this.#unclaimed = new Map();
    for (const blob of this.#blobs()) {
      for (const state of blob.states) this.#unclaimed.set(state.name, state);
    }
  }

  /** The states that hold something and that nobody has claimed. */
  unclaimed(): StateMeta[] {
    return [...this.#unclaimed.values()].filter(({ name }) => this.#holds(name));
  }

  drop(names: readonly string[]): void {
    for (const name of names) this.#unclaimed.delete(name);
  }

  /**
   * The sections of a state of the job, by key group; the state is known by its name or, where that does not exist, by
   * its old one. Throws when the kind is another.
   */
  claimKeyed(names: readonly string[], expected: { readonly kind: StoredKind; readonly namespaced: boolean }): Map<number, RestoredChain> {
    const name = this.#nameOf(names);
    const chains = new Map<number, RestoredChain>();
    if (name === undefined) return chains;
    for (const [keyGroup, blobs] of this.keyGroups) {
      const chain = blobs.flatMap((blob) => this.#sectionOf(blob, name, expected));
      if (chain.length > 0) chains.set(keyGroup, chain);
    }
    this.#unclaimed.delete(name);
    return chains;
  }

  /** The sections of an operator list or broadcast state, by old subtask. */
  claimOperatorPart(name: string, kind: StoredKind): (RestoredSection | undefined)[] {
    this.#unclaimed.delete(name);
    return this.#operatorParts.map((blob) => (blob === undefined ? undefined : this.#sectionOf(blob, name, { kind, namespaced: false })[0]));
  }

  /** Applies a section's records; what goes wrong inside is damage, unless it has a better name. */
  read(restored: RestoredSection, readers: SectionReaders, visitor: SectionVisitor): void {
    this.apply(restored, (section) => readSection(section, readers, visitor));
  }

  /** Hands a section's records to whoever knows their format; errors as with `read`. */
  apply(restored: RestoredSection, use: (section: BlobSection) => void): void {
    const section = restored.load();
    if (section === undefined) return;
    try {
      use(section);
    } catch (error) {
      if (error instanceof MillraceError && error.code.startsWith('MR-13') && !SnapshotDamaged.is(error)) throw error;
      throw damaged(restored.place, `the records of state "${restored.state.name}" cannot be read`, error);
    }
  }

  /** Of blobs in files only the states are known that they may hold something of. */
  #holds(name: string): boolean {
    for (const blob of this.#blobs()) if (blob.sections().some((section) => section.state.name === name)) return true;
    return false;
  }

  #nameOf(names: readonly string[]): string | undefined {
    for (const name of names) {
      for (const blob of this.#blobs()) if (blob.header.states.some((state) => state.name === name)) return name;
    }
    return undefined;
  }

  #sectionOf(blob: RestoredBlob, name: string, expected: { readonly kind: StoredKind; readonly namespaced: boolean }): RestoredSection[] {
    const state = blob.header.states.find((candidate) => candidate.name === name);
    if (state === undefined) return [];
    if (state.kind !== expected.kind || state.namespaced !== expected.namespaced) {
      const shown = (kind: StoredKind, namespaced: boolean): string => `${kind}${namespaced && kind !== 'window' ? ' per window' : ''}`;
      throw StateKindChanged.error({
        what: `state "${name}" of operator "${this.#operatorUid}" is a ${shown(state.kind, state.namespaced)} state in the snapshot and a ${shown(expected.kind, expected.namespaced)} state in the job`,
        where: { operator: this.#operatorUid, state: name },
      });
    }
    const load = (): BlobSection | undefined => blob.sections().find((candidate) => candidate.state.name === name);
    return [{ place: blob.header, keyType: blob.header.keyType, state, load }];
  }

  *#blobs(): Generator<RestoredBlob> {
    for (const chain of this.keyGroups.values()) yield* chain;
    for (const part of this.#operatorParts) if (part !== undefined) yield part;
  }
}

function checkMaxParallelism(snapshot: OperatorSnapshot, options: { readonly operatorUid: string; readonly maxParallelism: number }): void {
  if (snapshot.maxParallelism === options.maxParallelism) return;
  throw MaxParallelismChanged.error({
    what: `the snapshot of operator "${options.operatorUid}" has maximum parallelism ${snapshot.maxParallelism}, the job ${options.maxParallelism}`,
    remedy: `Start the job with --max-parallelism ${snapshot.maxParallelism}.`,
    where: { operator: options.operatorUid },
  });
}

/** Takes the blobs of the own key groups; says whether there were any. */
function addKeyGroups(snapshot: OperatorSnapshot, { range, files }: RestoreOptions, keyGroups: Map<number, RestoredBlob[]>): boolean {
  let any = false;
  for (const part of snapshot.keyGroups) {
    const { keyGroup, kind } = part;
    if (keyGroup < range.first || keyGroup > range.last) continue;
    any = true;
    const place: BlobPlace = { operatorUid: snapshot.operatorUid, keyGroup };
    const blob = restoredBlob(part, place, files);
    if (blob.header.kind !== kind || blob.header.maxParallelism !== snapshot.maxParallelism || blob.header.checkpointId > snapshot.checkpointId) {
      throw damaged(place, 'it does not belong to this checkpoint');
    }
    const chain = keyGroups.get(keyGroup) ?? [];
    const before = chain.at(-1);
    const follows = before === undefined ? kind === 'base' : kind === 'delta' && before.header.checkpointId < blob.header.checkpointId;
    if (!follows) {
      throw SnapshotChainBroken.error({
        what: `key group ${keyGroup} of operator "${snapshot.operatorUid}" has a ${kind} of checkpoint ${blob.header.checkpointId} ${before === undefined ? 'as its first part' : `after a part of checkpoint ${before.header.checkpointId}`}`,
        where: { operator: snapshot.operatorUid },
      });
    }
    chain.push(blob);
    keyGroups.set(keyGroup, chain);
  }
  return any;
}
