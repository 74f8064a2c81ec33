import { assert } from '../../../base/assert.js';
import type { Random } from '../../../base/platform.js';
import type { Digests } from '../../../base/platform-digests.js';
import type { Files } from '../../../base/platform-files.js';
import type { TypeInfo } from '../../../record/types/type-info.js';
import type { SnapshotRun, StateBackend, StateBackendFactory, StateBackendOptions } from '../../backend.js';
import type { KeyedStateDeclaration, StateOf } from '../../declarations.js';
import { ValueCodec } from '../../format/value-codec.js';
import { CurrentKey } from './current-key.js';
import { HeapPartBackend } from './heap-part-backend.js';
import { keyedHandle } from './keyed-handles.js';
import { DEFAULT_MEMORY_BYTES, type SnapshotPlace } from './snapshot-files.js';
import { sweepExpired } from './ttl-sweep.js';
import { WorkingDirectory } from './working-directory.js';

/** Entries looked at between two looks at the clock during maintenance. */
const ENTRIES_PER_LOOK = 64;
const DYNAMIC: TypeInfo = Object.freeze({ kind: 'dynamic' });

/** As much as goes to a file in one go, and 60 MB beyond the first buffer of each state and key group, most of which are far smaller. */
const SNAPSHOT_BUFFERS = { bufferBytes: 240 * 1024, moreBuffers: 256 };

/** Where a heap backend puts the part of a snapshot that is not to lie in memory. */
export interface HeapBackendOptions {
  readonly files: Files;
  readonly random: Random;
  /** See `SnapshotPlace.digests`. */
  readonly digests?: Digests;
  /** The directory in which every backend makes one of its own when it needs it, removed when it is closed. */
  readonly directory: string;
  /** Bytes of finished key groups of a snapshot that stay in memory; 16 MB unless given. */
  readonly snapshotMemoryBytes?: number;
  /** The buffers that a snapshot is written in; see `SnapshotPlace`. */
  readonly snapshotBuffers?: Pick<SnapshotPlace, 'bufferBytes' | 'moreBuffers'>;
}

/** Keeps the state of one operator of one subtask on the heap. */
export function heapStateBackend(options: StateBackendOptions, place?: HeapBackendOptions): StateBackend {
  return new HeapStateBackend(options, place);
}

/** The heap backend as a choice; all of a snapshot stays in memory. */
export const heapStateBackendFactory: StateBackendFactory = Object.freeze({ name: 'heap', create: (options: StateBackendOptions): StateBackend => heapStateBackend(options) });

/** The heap backend as a choice, with files for large snapshots. */
export function spillingHeapBackendFactory(place: HeapBackendOptions): StateBackendFactory {
  return Object.freeze({ name: 'heap', create: (options: StateBackendOptions): StateBackend => heapStateBackend(options, place) });
}

class HeapStateBackend extends HeapPartBackend<CurrentKey> {
  readonly #directory: WorkingDirectory | null;
  #sweep: Generator<void> | null;

  constructor(options: StateBackendOptions, place: HeapBackendOptions | undefined) {
    const directory = place === undefined ? null : directoryFor(options, place);
    super({
      backend: place === undefined ? options : { ...options, files: place.files },
      current: new CurrentKey(options.keyGroups, options.maxParallelism),
      keyCodec: new ValueCodec(options.keyType ?? DYNAMIC),
      snapshots: place === undefined || directory === null ? null : snapshotPlace(place, directory),
    });
    this.#directory = directory;
    this.#sweep = null;
  }

  keyedState<D extends KeyedStateDeclaration>(name: string, declaration: D, options: { readonly namespaced?: boolean } = {}): StateOf<D> {
    this.refuseTaken(name);
    const store = this.contents.declareKeyed(name, declaration, options.namespaced ?? false, this.restored);
    if (this.restored !== null) this.current.invalidate();
    return keyedHandle(store, declaration, this.current, this.check) as StateOf<D>;
  }

  forEachKey(name: string, visit: (key: unknown) => void): void {
    const store = this.contents.keyed(name);
    assert(store !== undefined, `forEachKey is asked for a declared keyed state, not "${name}"`);
    for (const table of store.tables()) {
      for (let slot = 0; slot < table.slotLimit; slot++) {
        const key = table.keyAt(slot);
        if (key === undefined) continue;
        if (store.ttl !== null && table.times !== null && this.ttlClock.expired(store.ttl, table.times[slot]!, this.ttlClock.now(store.ttl))) continue;
        this.setCurrentKey(key);
        if (store.namespaced) this.current.setNamespace({ start: table.start, end: table.end });
        visit(key);
      }
    }
    if (this.check !== null) this.check.verify();
    this.current.clear();
  }

  get size(): number {
    return this.contents.size;
  }

  beginSnapshot(checkpointId: number): SnapshotRun {
    if (this.check !== null) this.check.verify();
    if (this.restored !== null) {
      this.contents.keepUnclaimed(this.restored);
      this.current.invalidate();
      this.restored = null;
    }
    return this.snapshots.begin(checkpointId, this.contents, this.watermark);
  }

  maintain(budgetMs: number): 'done' | 'more' {
    const deadline = this.options.clock.monotonicMs() + budgetMs;
    while (!this.snapshots.tidy()) if (this.options.clock.monotonicMs() >= deadline) return 'more';
    for (const { pages } of this.contents.stores) pages?.releaseRetired();
    if (!this.contents.expires) return 'done';
    if (this.check !== null) this.check.verify();
    this.#sweep ??= sweepExpired(this.contents.stores);
    // What handles have looked up may be removed now.
    this.current.invalidate();
    do {
      for (let count = 0; count < ENTRIES_PER_LOOK; count++) {
        if (this.#sweep.next().done !== true) continue;
        this.#sweep = null;
        return 'done';
      }
    } while (this.options.clock.monotonicMs() < deadline);
    return 'more';
  }

  override close(): void {
    super.close();
    this.#sweep = null;
    this.#directory?.remove();
  }
}

function directoryFor({ operatorUid, subtask = 0 }: StateBackendOptions, { files, random, directory }: HeapBackendOptions): WorkingDirectory {
  return new WorkingDirectory({ files, parent: directory, operatorUid, subtask, nonce: () => random.nextUint32() });
}

function snapshotPlace({ files, digests, snapshotMemoryBytes, snapshotBuffers = SNAPSHOT_BUFFERS }: HeapBackendOptions, directory: WorkingDirectory): SnapshotPlace {
  return {
    files,
    digests,
    pathOf: (checkpointId, what) => `${directory.path}/snapshot-${checkpointId}.${what}`,
    ...snapshotBuffers,
    memoryBytes: snapshotMemoryBytes ?? DEFAULT_MEMORY_BYTES,
  };
}
