import { assert } from '../../../base/assert.js';
import { describeType } from '../../../record/types/describe.js';
import type { SnapshotRun, StateBackendOptions } from '../../backend.js';
import type { ValueCodec } from '../../format/value-codec.js';
import type { OperatorSnapshot } from '../../operator-snapshot.js';
import { ChainSizes } from './chain-sizes.js';
import { EntryWriter } from './entry-writer.js';
import type { Epochs } from './epochs.js';
import { HeapSnapshotRun, type SnapshotContents } from './heap-snapshot-run.js';
import { SectionSizes } from './section-sizes.js';
import { SnapshotFiles, type SnapshotPlace } from './snapshot-files.js';

/** Checkpoints whose completion is awaited at most. */
const AWAITED_LIMIT = 8;

/** Begins snapshots and chooses between base and delta. */
export class SnapshotWriter {
  readonly #options: StateBackendOptions;
  readonly #epochs: Epochs;
  readonly #keyCodec: ValueCodec;
  readonly #place: SnapshotPlace | null;
  /** The files of snapshots that may still be read, oldest first. */
  #files: { readonly checkpointId: number; readonly files: SnapshotFiles }[];
  /** Files of snapshots that nobody reads any more, still to be removed. */
  #retired: SnapshotFiles[];
  readonly #sizes: SectionSizes;
  readonly #noChain: ChainSizes;
  /** The chain of the last complete checkpoint. */
  #chain: ChainSizes;
  /** The chains of checkpoints whose completion is awaited. */
  readonly #awaited: Map<number, ChainSizes>;

  /** Without a `place` snapshots are made in memory. */
  constructor(options: StateBackendOptions, epochs: Epochs, keyCodec: ValueCodec, place: SnapshotPlace | null = null) {
    this.#options = options;
    this.#epochs = epochs;
    this.#keyCodec = keyCodec;
    this.#place = place;
    this.#files = [];
    this.#retired = [];
    this.#sizes = new SectionSizes();
    this.#noChain = ChainSizes.none(options.smallChainBytes);
    this.#chain = this.#noChain;
    this.#awaited = new Map();
  }

  begin(checkpointId: number, contents: SnapshotContents, watermark: number): SnapshotRun {
    assert(this.#epochs.run === null, 'one snapshot at a time');
    const { since } = this.#epochs;
    const basedOn = since === 0 ? undefined : this.#epochs.sinceCheckpoint;
    const version = this.#epochs.begin(checkpointId);
    const { operatorUid, keyGroups: range, maxParallelism } = this.#options;
    const chain = basedOn === undefined ? this.#noChain : this.#chain;
    const rebased = chain.due(hasWindows(contents));
    const chainKeyGroups = chain.keyGroups();
    const files = this.#filesFor(checkpointId);
    const spill = files?.streams ?? null;
    const writer = new EntryWriter({ operatorUid, range, maxParallelism, keyCodec: this.#keyCodec, version, since, rebased, chainKeyGroups, sizes: this.#sizes, spill });
    const run = new HeapSnapshotRun(contents, writer, this.#epochs, this.#options.clock, {
      operatorUid,
      checkpointId,
      basedOn,
      range,
      maxParallelism,
      keyType: describeType(this.#keyCodec.type),
      watermark,
      chainKeyGroups,
      files,
      finished: (result) => this.#finished(result, chain),
    });
    this.#epochs.run = run;
    return run;
  }

  complete(checkpointId: number): void {
    while (this.#files.length > 0 && this.#files[0]!.checkpointId <= checkpointId) this.#retired.push(this.#files.shift()!.files);
    const chain = this.#awaited.get(checkpointId);
    if (chain === undefined || !this.#epochs.confirm(checkpointId)) return;
    this.#chain = chain;
    for (const known of this.#awaited.keys()) if (known <= checkpointId) this.#awaited.delete(known);
  }

  /** Removes the files of snapshots. */
  close(): void {
    for (const { files } of this.#files) files.remove();
    for (const files of this.#retired) files.remove();
    this.#files = [];
    this.#retired = [];
  }

  /** Gives a piece of the files back that nobody needs any more; true when there are none. */
  tidy(): boolean {
    if (this.#retired[0]?.shrink() === true) this.#retired.shift();
    return this.#retired.length === 0;
  }

  /** Whoever begins a snapshot is through with those before the last one, whether it was told of their completion or not. */
  #filesFor(checkpointId: number): SnapshotFiles | null {
    if (this.#place === null) return null;
    while (this.#files.length > 1) this.#retired.push(this.#files.shift()!.files);
    const files = new SnapshotFiles(this.#place, checkpointId);
    this.#files.push({ checkpointId, files });
    return files;
  }

  #finished(snapshot: OperatorSnapshot, chain: ChainSizes): void {
    this.#awaited.set(snapshot.checkpointId, chain.after(snapshot));
    for (const known of this.#awaited.keys()) if (this.#awaited.size > AWAITED_LIMIT) this.#awaited.delete(known);
  }
}

/** Whether there are tables that hold the keys of all key groups, all of which a base of one has to look at. */
function hasWindows(contents: SnapshotContents): boolean {
  return contents.stores.some((store) => store.namespaced && store.size > 0);
}
