import { assert } from '../../../base/assert.js';
import type { TypeInfo } from '../../../record/types/type-info.js';
import type { Namespace, SnapshotRun, StateBackend, StateBackendFactory, StateBackendOptions, TimerHandler, Timers, WindowTable } from '../../backend.js';
import { CheckMode } from '../../check-mode.js';
import type { BroadcastDeclaration, KeyedStateDeclaration, StateOf } from '../../declarations.js';
import { StateDeclaredTwice } from '../../errors.js';
import type { BroadcastState, OperatorListState } from '../../handles.js';
import { ValueCodec } from '../../format/value-codec.js';
import type { OperatorSnapshot } from '../../operator-snapshot.js';
import { HeapTimers } from '../../timers/heap-timers.js';
import { HeapBroadcastState } from './broadcast-state.js';
import { CurrentKey } from './current-key.js';
import { Epochs } from './epochs.js';
import { HeapContents } from './heap-contents.js';
import { keyedHandle } from './keyed-handles.js';
import { RestoredState } from './restored-state.js';
import { SnapshotWriter } from './snapshot-writer.js';
import { TtlClock } from './ttl-clock.js';
import { sweepExpired } from './ttl-sweep.js';
import { HeapWindowTable } from './window-table.js';

/** Entries looked at between two looks at the clock during maintenance. */
const ENTRIES_PER_LOOK = 64;
const DYNAMIC: TypeInfo = Object.freeze({ kind: 'dynamic' });

/** Keeps the state of one operator of one subtask on the heap. */
export function heapStateBackend(options: StateBackendOptions): StateBackend {
  return new HeapStateBackend(options);
}

/** The heap backend as a choice. */
export const heapStateBackendFactory: StateBackendFactory = Object.freeze({ name: 'heap', create: heapStateBackend });

class HeapStateBackend implements StateBackend {
  readonly #options: StateBackendOptions;
  readonly #current: CurrentKey;
  readonly #epochs: Epochs;
  readonly #ttlClock: TtlClock;
  readonly #check: CheckMode | null;
  readonly #contents: HeapContents;
  readonly #snapshots: SnapshotWriter;
  #restored: RestoredState | null;
  #watermark: number;
  #restoredWatermark: number;
  #sweep: Generator<void> | null;

  constructor(options: StateBackendOptions) {
    this.#options = options;
    const keyCodec = new ValueCodec(options.keyType ?? DYNAMIC);
    this.#current = new CurrentKey(options.keyGroups, options.maxParallelism);
    this.#epochs = new Epochs(options.incremental ?? true);
    this.#ttlClock = new TtlClock(options.clock);
    this.#check = options.check === true ? new CheckMode(options.operatorUid) : null;
    this.#contents = new HeapContents(options, this.#epochs, this.#ttlClock, keyCodec);
    this.#snapshots = new SnapshotWriter(options, this.#epochs, keyCodec);
    this.#restored = null;
    this.#watermark = -Infinity;
    this.#restoredWatermark = -Infinity;
    this.#sweep = null;
  }

  setCurrentKey(key: unknown): void {
    if (this.#check !== null) this.#check.verify();
    this.#current.set(key);
  }

  currentKey(): unknown {
    return this.#current.key;
  }

  setCurrentNamespace(namespace: Namespace | null): void {
    this.#current.setNamespace(namespace);
  }

  keyedState<D extends KeyedStateDeclaration>(name: string, declaration: D, options: { readonly namespaced?: boolean } = {}): StateOf<D> {
    this.#refuseTaken(name);
    const store = this.#contents.declareKeyed(name, declaration, options.namespaced ?? false, this.#restored);
    return keyedHandle(store, declaration, this.#current, this.#check) as StateOf<D>;
  }

  windowTable<Acc>(name: string, accumulatorType: TypeInfo<Acc>): WindowTable<Acc> {
    this.#refuseTaken(name);
    return new HeapWindowTable<Acc>(this.#contents.declareWindows<Acc>(name, accumulatorType, this.#restored));
  }

  timers(name: string, handler: TimerHandler): Timers {
    this.#refuseTaken(name);
    const event = this.#contents.declareTimers(name, 'event', this.#restored);
    const processing = this.#contents.declareTimers(name, 'processing', this.#restored);
    return new HeapTimers(name, { event, processing }, this.#current, handler, () => this.#check?.verify());
  }

  operatorList<T>(name: string, type: TypeInfo<T>, mode: 'list' | 'union'): OperatorListState<T> {
    this.#refuseTaken(name);
    return this.#contents.declareList<T>(name, type, mode, this.#restored);
  }

  broadcast<K, V>(name: string, declaration: BroadcastDeclaration<K, V>): BroadcastState<K, V> {
    this.#refuseTaken(name);
    const { store, table } = this.#contents.declareBroadcast<V>(name, declaration, this.#restored);
    return new HeapBroadcastState<K, V>(store, table, this.#check);
  }

  forEachKey(name: string, visit: (key: unknown) => void): void {
    const store = this.#contents.keyed(name);
    assert(store !== undefined, `forEachKey is asked for a declared keyed state, not "${name}"`);
    for (const table of store.tables()) {
      for (let slot = 0; slot < table.slotLimit; slot++) {
        const key = table.keyAt(slot);
        if (key === undefined) continue;
        if (store.ttl !== null && table.times !== null && this.#ttlClock.expired(store.ttl, table.times[slot]!, this.#ttlClock.now(store.ttl))) continue;
        this.setCurrentKey(key);
        if (store.namespaced) this.#current.setNamespace({ start: table.start, end: table.end });
        visit(key);
      }
    }
    if (this.#check !== null) this.#check.verify();
    this.#current.clear();
  }

  get size(): number {
    return this.#contents.size;
  }

  restore(snapshots: readonly OperatorSnapshot[]): void {
    assert(this.#restored === null && this.#contents.isEmpty, 'state is restored once, before it is declared');
    const { operatorUid, keyGroups, maxParallelism } = this.#options;
    this.#restored = new RestoredState(snapshots, { operatorUid, range: keyGroups, maxParallelism, files: this.#options.files });
    this.#restoredWatermark = this.#restored.watermark;
    this.#watermark = this.#restored.watermark;
    this.#ttlClock.advance(this.#watermark);
  }

  get restoredWatermark(): number {
    return this.#restoredWatermark;
  }

  unclaimedStates(): readonly string[] {
    return this.#restored === null ? this.#contents.keptNames() : this.#restored.unclaimed().map((state) => state.name);
  }

  dropUnclaimedStates(names: readonly string[]): void {
    this.#restored?.drop(names);
  }

  beginSnapshot(checkpointId: number): SnapshotRun {
    if (this.#check !== null) this.#check.verify();
    if (this.#restored !== null) {
      this.#contents.keepUnclaimed(this.#restored);
      this.#restored = null;
    }
    return this.#snapshots.begin(checkpointId, this.#contents, this.#watermark);
  }

  snapshotComplete(checkpointId: number): void {
    this.#snapshots.complete(checkpointId);
  }

  advanceWatermark(watermark: number): void {
    if (watermark <= this.#watermark) return;
    this.#watermark = watermark;
    this.#ttlClock.advance(watermark);
  }

  maintain(budgetMs: number): 'done' | 'more' {
    if (!this.#contents.expires) return 'done';
    if (this.#check !== null) this.#check.verify();
    this.#sweep ??= sweepExpired(this.#contents.stores);
    // What handles have looked up may be removed now.
    this.#current.invalidate();
    const deadline = this.#options.clock.monotonicMs() + budgetMs;
    do {
      for (let count = 0; count < ENTRIES_PER_LOOK; count++) {
        if (this.#sweep.next().done !== true) continue;
        this.#sweep = null;
        return 'done';
      }
    } while (this.#options.clock.monotonicMs() < deadline);
    return 'more';
  }

  close(): void {
    this.#contents.clear();
    this.#current.clear();
    this.#restored = null;
    this.#sweep = null;
    this.#epochs.run = null;
  }

  #refuseTaken(name: string): void {
    if (!this.#contents.has(name)) return;
    throw StateDeclaredTwice.error({
      what: `operator "${this.#options.operatorName ?? this.#options.operatorUid}" declares the state "${name}" twice`,
      where: { operator: this.#options.operatorName ?? this.#options.operatorUid, state: name },
    });
  }
}
