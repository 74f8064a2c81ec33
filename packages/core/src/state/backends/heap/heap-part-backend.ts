import { assert } from '../../../base/assert.js';
import type { TypeInfo } from '../../../record/types/type-info.js';
import type { Namespace, SnapshotRun, StateBackend, StateBackendOptions, StoredForm, TimerHandler, Timers, WindowTable } from '../../backend.js';
import { CheckMode } from '../../check-mode.js';
import type { BroadcastDeclaration, KeyedStateDeclaration, StateOf } from '../../declarations.js';
import { StateDeclaredTwice } from '../../errors.js';
import type { ValueCodec } from '../../format/value-codec.js';
import type { BroadcastState, OperatorListState } from '../../handles.js';
import type { OperatorSnapshot } from '../../operator-snapshot.js';
import { HeapTimers } from '../../timers/heap-timers.js';
import { HeapBroadcastState } from './broadcast-state.js';
import type { CurrentKey } from './current-key.js';
import { Epochs } from './epochs.js';
import { HeapContents } from './heap-contents.js';
import { RestoredState } from './restored-state.js';
import type { SnapshotPlace } from './snapshot-files.js';
import { SnapshotWriter } from './snapshot-writer.js';
import { TtlClock } from './ttl-clock.js';
import { HeapWindowTable } from './window-table.js';

/** What a backend gives to the part that it shares with others. */
export interface HeapPartOptions<Key extends CurrentKey> {
  readonly backend: StateBackendOptions;
  readonly current: Key;
  readonly keyCodec: ValueCodec;
  /** Where large snapshots go; null: they are made in memory. */
  readonly snapshots: SnapshotPlace | null;
}

/**
 * What all backends share, wherever their keyed states live: the current key, and all that lives on the heap (windows,
 * timers, broadcast state, operator lists), what was restored and not declared yet, versions, and snapshots.
 */
export abstract class HeapPartBackend<Key extends CurrentKey> implements StateBackend {
  protected readonly options: StateBackendOptions;
  protected readonly current: Key;
  protected readonly epochs: Epochs;
  protected readonly ttlClock: TtlClock;
  protected readonly check: CheckMode | null;
  protected readonly contents: HeapContents;
  protected readonly snapshots: SnapshotWriter;
  /** What was restored, until the first snapshot: whatever is declared by then takes its part. */
  protected restored: RestoredState | null;
  protected watermark: number;
  #restoredWatermark: number;

  constructor({ backend, current, keyCodec, snapshots }: HeapPartOptions<Key>) {
    this.options = backend;
    this.current = current;
    this.epochs = new Epochs(backend.incremental ?? true);
    this.ttlClock = new TtlClock(backend.clock);
    this.check = backend.check === true ? new CheckMode(backend.operatorUid) : null;
    this.contents = new HeapContents(backend, this.epochs, this.ttlClock, keyCodec, current.directory);
    this.snapshots = new SnapshotWriter(backend, this.epochs, keyCodec, snapshots);
    this.restored = null;
    this.watermark = -Infinity;
    this.#restoredWatermark = -Infinity;
  }

  abstract keyedState<D extends KeyedStateDeclaration>(name: string, declaration: D, options?: { readonly namespaced?: boolean }): StateOf<D>;
  abstract forEachKey(name: string, visit: (key: unknown) => void): void;
  abstract get size(): number;
  abstract beginSnapshot(checkpointId: number): SnapshotRun;
  abstract maintain(budgetMs: number): 'done' | 'more';

  /** What handles have looked up holds on while one record after the other has the same key. */
  setCurrentKey(key: unknown): void {
    if (this.check !== null) this.check.verify();
    if (!this.current.is(key)) this.current.set(key);
  }

  currentKey(): unknown {
    return this.current.key;
  }

  setCurrentNamespace(namespace: Namespace | null): void {
    this.current.setNamespace(namespace);
  }

  windowTable<Acc>(name: string, accumulatorType: TypeInfo<Acc>, form?: StoredForm): WindowTable<Acc> {
    this.refuseTaken(name);
    return new HeapWindowTable<Acc>(this.contents.declareWindows<Acc>(name, accumulatorType, form, this.restored));
  }

  timers(name: string, handler: TimerHandler): Timers {
    this.refuseTaken(name);
    const event = this.contents.declareTimers(name, 'event', this.restored);
    const processing = this.contents.declareTimers(name, 'processing', this.restored);
    if (this.restored !== null) this.current.invalidate();
    return new HeapTimers(name, { event, processing }, this.current, handler, () => this.check?.verify());
  }

  operatorList<T>(name: string, type: TypeInfo<T>, mode: 'list' | 'union'): OperatorListState<T> {
    this.refuseTaken(name);
    return this.contents.declareList<T>(name, type, mode, this.restored);
  }

  broadcast<K, V>(name: string, declaration: BroadcastDeclaration<K, V>): BroadcastState<K, V> {
    this.refuseTaken(name);
    const { store, table } = this.contents.declareBroadcast<V>(name, declaration, this.restored);
    return new HeapBroadcastState<K, V>(store, table, this.check);
  }

  restore(snapshots: readonly OperatorSnapshot[]): void {
    assert(this.restored === null && this.contents.isEmpty, 'state is restored once, before it is declared');
    const { operatorUid, keyGroups, maxParallelism, files } = this.options;
    this.restored = new RestoredState(snapshots, { operatorUid, range: keyGroups, maxParallelism, files });
    this.#restoredWatermark = this.restored.watermark;
    this.watermark = this.restored.watermark;
    this.ttlClock.advance(this.watermark);
  }

  get restoredWatermark(): number {
    return this.#restoredWatermark;
  }

  unclaimedStates(): readonly string[] {
    return this.restored === null ? this.contents.keptNames() : this.restored.unclaimed().map((state) => state.name);
  }

  dropUnclaimedStates(names: readonly string[]): void {
    this.restored?.drop(names);
  }

  snapshotComplete(checkpointId: number): void {
    this.snapshots.complete(checkpointId);
  }

  advanceWatermark(watermark: number): void {
    if (watermark <= this.watermark) return;
    this.watermark = watermark;
    this.ttlClock.advance(watermark);
  }

  close(): void {
    this.contents.clear();
    this.snapshots.close();
    this.current.clear();
    this.restored = null;
    this.epochs.run = null;
  }

  /** A name is declared once. */
  protected refuseTaken(name: string): void {
    if (!this.contents.has(name)) return;
    const operator = this.options.operatorName ?? this.options.operatorUid;
    throw StateDeclaredTwice.error({ what: `operator "${operator}" declares the state "${name}" twice`, where: { operator, state: name } });
  }
}
