import { assert, unreachable } from '../../../base/assert.js';
import type { Random } from '../../../base/platform.js';
import type { Digests } from '../../../base/platform-digests.js';
import type { Files } from '../../../base/platform-files.js';
import type { TypeInfo } from '../../../record/types/type-info.js';
import type { SnapshotRun, StateBackend, StateBackendFactory, StateBackendOptions } from '../../backend.js';
import type { CheckMode } from '../../check-mode.js';
import type { KeyedStateDeclaration, StateOf } from '../../declarations.js';
import { ValueCodec } from '../../format/value-codec.js';
import { HeapPartBackend } from '../heap/heap-part-backend.js';
import { DEFAULT_MEMORY_BYTES } from '../heap/snapshot-files.js';
import { Compaction } from './compaction.js';
import type { ListStore } from './list-store.js';
import { LogListState } from './list-state.js';
import { LogContents } from './log-contents.js';
import { LogKey } from './log-key.js';
import type { LogStore } from './log-store.js';
import { sweepLog } from './log-sweep.js';
import { LogMapState } from './map-state.js';
import type { MapStore } from './map-store.js';
import { LogAggregatingState, LogReducingState, LogValueState } from './plain-state.js';
import { CHILD, DEAD, FREE } from './rows.js';
import { SegmentLog } from './segment-log.js';
import { WorkingDirectory } from '../heap/working-directory.js';

/** Entries looked at between two looks at the clock during maintenance. */
const ENTRIES_PER_LOOK = 64;
const DEFAULT_SEGMENT_BYTES = 8 * 1024 * 1024;
const DEFAULT_SNAPSHOT_BUFFER_BYTES = 64 * 1024;
const DYNAMIC: TypeInfo = Object.freeze({ kind: 'dynamic' });

/** Where and how the log backend works. */
export interface LogBackendOptions {
  readonly files: Files;
  readonly random: Random;
  /** See `SnapshotPlace.digests`. */
  readonly digests?: Digests;
  /**
   * The directory in which every backend makes one of its own, removed when it is closed. Made when missing; the
   * system's directory for temporary files unless given.
   */
  readonly directory?: string | undefined;
  /** Size of a segment; 8 MB unless given. */
  readonly segmentBytes?: number;
  /** Bytes of a snapshot that each state of each key group keeps in memory; what is more goes through files. 64 KB unless given. */
  readonly snapshotBufferBytes?: number;
}

/**
 * Keeps keyed state in a segment log on disk, so that it may be far larger than the heap; window accumulators, timers,
 * broadcast state and operator lists stay on the heap. The files are a working set: durability comes from checkpoints.
 */
export function logStateBackendFactory(options: LogBackendOptions): StateBackendFactory {
  return Object.freeze({ name: 'log', create: (backend: StateBackendOptions): StateBackend => new LogStateBackend(backend, options) });
}

class LogStateBackend extends HeapPartBackend<LogKey> {
  readonly #directory: WorkingDirectory;
  readonly #log: SegmentLog;
  readonly #compaction: Compaction;
  readonly #stores: Map<number, LogStore>;
  readonly #keyed: LogContents;
  readonly #scratchKey: LogKey;
  #sweep: Generator<void> | null;

  constructor(options: StateBackendOptions, place: LogBackendOptions) {
    const { operatorUid: uid, keyGroups, maxParallelism, subtask = 0 } = options;
    const nonce = place.random.nextUint32();
    const directory = new WorkingDirectory({ files: place.files, parent: place.directory, operatorUid: uid, subtask, nonce: () => nonce });
    const keyCodec = new ValueCodec(options.keyType ?? DYNAMIC);
    super({
      backend: { ...options, files: place.files },
      current: new LogKey(keyGroups, maxParallelism, keyCodec),
      keyCodec,
      snapshots: {
        files: place.files,
        digests: place.digests,
        pathOf: (checkpointId, what) => `${directory.path}/snapshot-${checkpointId}.${what}`,
        bufferBytes: place.snapshotBufferBytes ?? DEFAULT_SNAPSHOT_BUFFER_BYTES,
        // All key groups are written at the same time.
        moreBuffers: 0,
        memoryBytes: DEFAULT_MEMORY_BYTES,
      },
    });
    this.#directory = directory;
    this.#scratchKey = new LogKey(keyGroups, maxParallelism, keyCodec);
    const segmentBytes = place.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
    this.#log = new SegmentLog({ directory, segmentBytes, operator: options.operatorName ?? uid });
    this.#stores = new Map();
    this.#compaction = new Compaction(this.#log, this.#stores, segmentBytes);
    this.#keyed = new LogContents(this.contents, {
      backend: options,
      epochs: this.epochs,
      clock: this.ttlClock,
      keyCodec,
      log: this.#log,
      compaction: this.#compaction,
      stores: this.#stores,
      key: this.#scratchKey,
    });
    this.#sweep = null;
  }

  keyedState<D extends KeyedStateDeclaration>(name: string, declaration: D, options: { readonly namespaced?: boolean } = {}): StateOf<D> {
    this.refuseTaken(name);
    const store = this.#keyed.declare(name, declaration, options.namespaced ?? false, this.restored);
    return keyedHandle(store, declaration, this.current, this.check) as StateOf<D>;
  }

  forEachKey(name: string, visit: (key: unknown) => void): void {
    const store = this.#keyed.keyed(name);
    assert(store !== undefined, `forEachKey is asked for a declared keyed state, not "${name}"`);
    const { rows, ttl } = store;
    const plain = store.meta.kind !== 'map' && store.meta.kind !== 'list';
    for (let slot = 0; slot < rows.limit; slot++) {
      if (rows.has(slot, FREE | DEAD | CHILD)) continue;
      if (ttl !== null && plain && this.ttlClock.expired(ttl, rows.time(slot), this.ttlClock.now(ttl))) continue;
      if (this.check !== null) this.check.verify();
      store.enterKeyOf(slot, this.current);
      visit(this.current.key);
    }
    if (this.check !== null) this.check.verify();
    this.current.clear();
  }

  get size(): number {
    let size = this.contents.size;
    for (const store of this.#stores.values()) size += store.size;
    return size;
  }

  beginSnapshot(checkpointId: number): SnapshotRun {
    if (this.check !== null) this.check.verify();
    if (this.restored !== null) {
      this.contents.keepUnclaimed(this.restored, (state, restored) => this.#keyed.keep(state, restored));
      this.current.invalidate();
      this.restored = null;
    }
    const { stores, timers, lists } = this.contents;
    return this.snapshots.begin(checkpointId, { stores, timers, lists: [...lists, ...this.#keyed.parts] }, this.watermark);
  }

  maintain(budgetMs: number): 'done' | 'more' {
    const { clock } = this.options;
    const deadline = clock.monotonicMs() + budgetMs;
    if (this.#expires) {
      if (this.check !== null) this.check.verify();
      this.#sweep ??= sweepLog([...this.#stores.values()], this.#scratchKey);
    }
    // What handles have looked up, tombstones too, may be removed now.
    this.current.invalidate();
    do {
      const swept = this.#sweepSome();
      const purged = this.#purgeSome();
      const compacted = !this.#compaction.step();
      const tidied = this.snapshots.tidy();
      if (swept && purged && compacted && tidied) return 'done';
    } while (clock.monotonicMs() < deadline);
    return 'more';
  }

  override close(): void {
    super.close();
    this.#stores.clear();
    this.#sweep = null;
    this.#log.close();
    this.#directory.remove();
  }

  get #expires(): boolean {
    for (const store of this.#stores.values()) if (store.ttl !== null) return true;
    return false;
  }

  #sweepSome(): boolean {
    if (this.#sweep === null) return true;
    for (let count = 0; count < ENTRIES_PER_LOOK; count++) {
      if (this.#sweep.next().done !== true) continue;
      this.#sweep = null;
      return true;
    }
    return false;
  }

  #purgeSome(): boolean {
    let done = true;
    for (const store of this.#stores.values()) if (store.purge(ENTRIES_PER_LOOK)) done = false;
    return done;
  }
}

/** The handle of a keyed state. */
function keyedHandle(store: LogStore, declaration: KeyedStateDeclaration, current: LogKey, check: CheckMode | null): unknown {
  switch (declaration.kind) {
    case 'value':
      return new LogValueState(store, current, check);
    case 'list':
      return new LogListState(store as ListStore, current, check);
    case 'map':
      return new LogMapState(store as MapStore, current, check);
    case 'reducing':
      return new LogReducingState(store, current, check, (accumulated, value) => declaration.reduce(accumulated, value));
    case 'aggregating':
      return new LogAggregatingState(store, current, check, declaration.aggregate);
    default:
      return unreachable(declaration);
  }
}
