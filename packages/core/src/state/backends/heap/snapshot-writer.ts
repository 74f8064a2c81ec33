import { assert } from '../../../base/assert.js';
import { describeType } from '../../../record/types/describe.js';
import type { SnapshotRun, StateBackendOptions } from '../../backend.js';
import type { ValueCodec } from '../../format/value-codec.js';
import type { OperatorSnapshot } from '../../operator-snapshot.js';
import { EntryWriter } from './entry-writer.js';
import type { Epochs } from './epochs.js';
import { HeapSnapshotRun, type SnapshotContents } from './heap-snapshot-run.js';

/** A chain of deltas may always grow to so many bytes before it is replaced by a base. */
const SMALL_CHAIN_BYTES = 64 * 1024;

/** Checkpoints whose completion is awaited at most. */
const AWAITED_LIMIT = 8;

/** Begins snapshots and chooses between base and delta. */
export class SnapshotWriter {
  readonly #options: StateBackendOptions;
  readonly #epochs: Epochs;
  readonly #keyCodec: ValueCodec;
  /** Key groups that the chain of the last complete checkpoint holds. */
  #chain: ReadonlySet<number>;
  /** The key groups in the chains of checkpoints whose completion is awaited. */
  readonly #awaited: Map<number, ReadonlySet<number>>;
  #baseBytes: number;
  #deltaBytes: number;

  constructor(options: StateBackendOptions, epochs: Epochs, keyCodec: ValueCodec) {
    this.#options = options;
    this.#epochs = epochs;
    this.#keyCodec = keyCodec;
    this.#chain = new Set();
    this.#awaited = new Map();
    this.#baseBytes = 0;
    this.#deltaBytes = 0;
  }

  begin(checkpointId: number, contents: SnapshotContents, watermark: number): SnapshotRun {
    assert(this.#epochs.run === null, 'one snapshot at a time');
    const outgrown = this.#deltaBytes > Math.max(this.#baseBytes, SMALL_CHAIN_BYTES);
    const since = outgrown ? 0 : this.#epochs.since;
    const basedOn = since === 0 ? undefined : this.#epochs.sinceCheckpoint;
    const version = this.#epochs.begin(checkpointId);
    const { operatorUid, keyGroups: range, maxParallelism } = this.#options;
    const chain = basedOn === undefined ? new Set<number>() : this.#chain;
    const writer = new EntryWriter({ operatorUid, range, maxParallelism, keyCodec: this.#keyCodec, version, since, chainKeyGroups: chain });
    const run = new HeapSnapshotRun(contents, writer, this.#epochs, this.#options.clock, {
      operatorUid,
      checkpointId,
      basedOn,
      range,
      maxParallelism,
      keyType: describeType(this.#keyCodec.type),
      watermark,
      chainKeyGroups: chain,
      finished: (result) => this.#finished(result, chain),
    });
    this.#epochs.run = run;
    return run;
  }

  complete(checkpointId: number): void {
    const chain = this.#awaited.get(checkpointId);
    if (chain === undefined || !this.#epochs.confirm(checkpointId)) return;
    this.#chain = chain;
    for (const known of this.#awaited.keys()) if (known <= checkpointId) this.#awaited.delete(known);
  }

  #finished(snapshot: OperatorSnapshot, chain: ReadonlySet<number>): void {
    let bytes = 0;
    for (const blob of snapshot.keyGroups) bytes += blob.bytes.length;
    if (snapshot.basedOn === undefined) {
      this.#baseBytes = bytes;
      this.#deltaBytes = 0;
    } else {
      this.#deltaBytes += bytes;
    }
    this.#awaited.set(snapshot.checkpointId, new Set([...chain, ...snapshot.keyGroups.map((blob) => blob.keyGroup)]));
    for (const known of this.#awaited.keys()) if (this.#awaited.size > AWAITED_LIMIT) this.#awaited.delete(known);
  }
}
