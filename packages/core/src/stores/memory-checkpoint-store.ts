import { assert } from '../base/assert.js';
import type { Files } from '../base/platform-files.js';
import type { CheckpointMetadata, CheckpointStore, StoredCheckpoint } from '../checkpoint/checkpoint-store.js';
import type { AcknowledgedCheckpoint, CompletedCheckpoint } from '../checkpoint/completed-checkpoint.js';
import type { WholeCheckpoint } from '../checkpoint/whole-checkpoint.js';
import type { OperatorSnapshot } from '../state/operator-snapshot.js';
import { blobBytes, blobLength, loadSnapshot } from '../state/blob-bytes.js';
import { appendToChain } from '../state/snapshot-chain.js';

/** Keeps the newest checkpoint in memory: for tests, and for programs whose state need not outlive them. */
export class MemoryCheckpointStore implements CheckpointStore {
  readonly #files: Files | undefined;
  #epoch: number;
  #chains: ReadonlyMap<string, OperatorSnapshot>;
  #newest: { readonly completed: CompletedCheckpoint; readonly stored: StoredCheckpoint } | undefined;

  /** `files` is needed where backends hand large blobs over in files. */
  constructor(files?: Files) {
    this.#files = files;
    this.#epoch = 0;
    this.#chains = new Map();
    this.#newest = undefined;
  }

  async open(): Promise<number> {
    // A new run starts with whole snapshots.
    this.#chains = new Map();
    return ++this.#epoch;
  }

  async list(): Promise<readonly StoredCheckpoint[]> {
    return this.#newest === undefined ? [] : [this.#newest.stored];
  }

  async newest(): Promise<CompletedCheckpoint | undefined> {
    return this.#newest?.completed;
  }

  async write(checkpoint: AcknowledgedCheckpoint, metadata: CheckpointMetadata): Promise<StoredCheckpoint> {
    const chains = this.#chainsOf(checkpoint);
    this.#chains = chains;
    const { checkpointId, job, sources } = checkpoint;
    const bytes = sizeOf(chains.values());
    const stored = { checkpointId, job, bytes, newBytes: sizeOf(checkpoint.parts.values()), ...metadata };
    this.#newest = { completed: { checkpointId, job, sources, operators: byUid(chains.values()) }, stored };
    return stored;
  }

  async markCommitting(): Promise<void> {}

  async whole<T>(checkpoint: AcknowledgedCheckpoint, use: (whole: WholeCheckpoint) => Promise<T>): Promise<T> {
    const operators = [...this.#chainsOf(checkpoint).values()].map((snapshot) => ({
      snapshot,
      chain: snapshot.keyGroups.map((blob) => ({ keyGroup: blob.keyGroup, kind: blob.kind, pieces: () => [blobBytes(blob, undefined)] })),
    }));
    const { checkpointId, job, sources } = checkpoint;
    return use({ checkpointId, job, sources, operators, origin: { lineage: this.#epoch, run: this.#epoch } });
  }

  async close(): Promise<void> {}

  #chainsOf(checkpoint: AcknowledgedCheckpoint): Map<string, OperatorSnapshot> {
    const chains = new Map<string, OperatorSnapshot>();
    for (const [place, part] of checkpoint.parts) {
      const earlier = this.#chains.get(place);
      assert(part.basedOn === undefined || part.basedOn === earlier?.checkpointId, 'a delta builds on the newest complete checkpoint');
      chains.set(place, appendToChain(earlier, loadSnapshot(part, this.#files)));
    }
    return chains;
  }
}

function byUid(parts: Iterable<OperatorSnapshot>): Map<string, OperatorSnapshot[]> {
  const operators = new Map<string, OperatorSnapshot[]>();
  for (const part of parts) {
    const list = operators.get(part.operatorUid);
    if (list === undefined) operators.set(part.operatorUid, [part]);
    else list.push(part);
  }
  return operators;
}

function sizeOf(parts: Iterable<OperatorSnapshot>): number {
  let bytes = 0;
  for (const part of parts) for (const blob of part.keyGroups) bytes += blobLength(blob);
  return bytes;
}
