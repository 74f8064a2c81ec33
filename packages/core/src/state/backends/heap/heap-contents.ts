import type { TypeInfo } from '../../../record/types/type-info.js';
import type { StateBackendOptions, StoredForm } from '../../backend.js';
import type { BroadcastDeclaration, KeyedStateDeclaration } from '../../declarations.js';
import { metaOf, type StateMeta } from '../../format/state-meta.js';
import type { DeclaredState } from '../../format/stored-type.js';
import { ValueCodec } from '../../format/value-codec.js';
import { TimerDomain } from '../../timers/timer-domain.js';
import type { Epochs } from './epochs.js';
import type { SnapshotContents } from './heap-snapshot-run.js';
import type { KeyDirectory } from './key-slots.js';
import { KeyedStore } from './keyed-store.js';
import { HeapOperatorList } from './operator-list.js';
import { restoreBroadcast, restoreList, restoreTimers } from './part-restore.js';
import type { RestoredState } from './restored-state.js';
import type { SlotTable } from './slot-table.js';
import { restoreStore } from './store-restore.js';
import { declaredMeta, declaredTypes, restoredTypes, type StoreTypes } from './store-types.js';
import type { TtlClock } from './ttl-clock.js';

/** Everything a heap backend holds, by name; made, and filled from a snapshot, as it is declared. */
export class HeapContents implements SnapshotContents {
  readonly stores: KeyedStore<unknown>[];
  readonly timers: { readonly meta: StateMeta; readonly domain: TimerDomain }[];
  readonly lists: HeapOperatorList<unknown>[];
  readonly #options: StateBackendOptions;
  readonly #epochs: Epochs;
  readonly #clock: TtlClock;
  readonly #keyCodec: ValueCodec;
  readonly #directory: KeyDirectory;
  readonly #names: Set<string>;
  readonly #kept: Set<string>;
  #nextId: number;

  constructor(options: StateBackendOptions, epochs: Epochs, clock: TtlClock, keyCodec: ValueCodec, directory: KeyDirectory) {
    this.stores = [];
    this.timers = [];
    this.lists = [];
    this.#options = options;
    this.#epochs = epochs;
    this.#clock = clock;
    this.#keyCodec = keyCodec;
    this.#directory = directory;
    this.#names = new Set();
    this.#kept = new Set();
    this.#nextId = 0;
  }

  get isEmpty(): boolean {
    return this.#names.size === 0;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** Whether anything has a time to live. */
  get expires(): boolean {
    return this.stores.some((store) => store.ttl !== null);
  }

  get size(): number {
    let size = 0;
    for (const store of this.stores) if (!store.whole) size += store.size;
    return size;
  }

  keyed(name: string): KeyedStore<unknown> | undefined {
    return this.stores.find((store) => store.name === name && !store.whole);
  }

  declareKeyed(name: string, declaration: KeyedStateDeclaration, namespaced: boolean, restored: RestoredState | null): KeyedStore<unknown> {
    return this.#addStore(declaredMeta(name, declaration, namespaced), declaredTypes(name, declaration), restored);
  }

  declareWindows<Acc>(name: string, type: TypeInfo<Acc>, form: StoredForm | undefined, restored: RestoredState | null): KeyedStore<Acc> {
    const meta = metaOf(name, 'window', type, { namespaced: true });
    return this.#addStore(meta, { value: type, form, mapKey: undefined, migrate: undefined, names: [name] }, restored) as KeyedStore<Acc>;
  }

  declareBroadcast<V>(name: string, declaration: BroadcastDeclaration<unknown, V>, restored: RestoredState | null): { store: KeyedStore<V>; table: SlotTable<V> } {
    const meta = metaOf(name, 'broadcast', declaration.value, { mapKeyType: metaOf(name, 'broadcast', declaration.key).type });
    const store = this.#newStore(meta, declaration.value, declaration.key);
    const table = store.groupTable(this.#options.keyGroups.last + 1);
    if (restored !== null) {
      restoreBroadcast(restored, table, this.#declared(name, store.codec, store.mapKeyCodec), this.#keyCodec, this.#options.subtask ?? 0);
    }
    this.#keep(name, store);
    return { store: store as KeyedStore<V>, table: table as SlotTable<V> };
  }

  declareTimers(name: string, domain: 'event' | 'processing', restored: RestoredState | null): TimerDomain {
    const meta = metaOf(`${name}:${domain}`, 'timers', null);
    const timers = new TimerDomain(this.#nextId++, this.#options.keyGroups, this.#epochs, this.#directory);
    if (restored !== null) restoreTimers(restored, meta.name, timers, this.#keyCodec, this.#options.operatorUid);
    this.timers.push({ meta, domain: timers });
    this.#names.add(name).add(meta.name);
    return timers;
  }

  declareList<T>(name: string, type: TypeInfo<T>, mode: 'list' | 'union', restored: RestoredState | null): HeapOperatorList<T> {
    const meta = metaOf(name, mode === 'list' ? 'operatorList' : 'operatorUnion', type);
    const codec = new ValueCodec(type);
    const list = new HeapOperatorList<T>(this.#nextId++, meta, codec);
    if (restored !== null) {
      const { subtask = 0, parallelism = 1 } = this.#options;
      restoreList(restored, list, this.#declared(name, codec, undefined), this.#keyCodec, { subtask, parallelism });
    }
    this.lists.push(list as HeapOperatorList<unknown>);
    this.#names.add(name);
    return list;
  }

  /** Reserves a name for a state that is kept elsewhere, and the number of its sections in a snapshot. */
  reserve(name: string): number {
    this.#names.add(name);
    return this.#nextId++;
  }

  /**
   * Takes over what was restored and not declared, so that further snapshots hold it, too. `elsewhere` is asked first
   * for keyed states, and says whether it has taken one.
   */
  keepUnclaimed(restored: RestoredState, elsewhere: (state: StateMeta, restored: RestoredState) => boolean = () => false): void {
    for (const state of restored.unclaimed()) {
      this.#kept.add(state.name);
      if (elsewhere(state, restored)) continue;
      if (state.kind === 'timers') {
        const at = state.name.lastIndexOf(':');
        this.declareTimers(state.name.slice(0, at), state.name.endsWith(':event') ? 'event' : 'processing', restored);
        continue;
      }
      const types = restoredTypes(state);
      if (state.kind === 'operatorList' || state.kind === 'operatorUnion') {
        this.declareList(state.name, types.value, state.kind === 'operatorList' ? 'list' : 'union', restored);
      } else if (state.kind === 'broadcast') {
        this.declareBroadcast(state.name, { kind: 'broadcast', key: types.mapKey!, value: types.value }, restored);
      } else {
        this.#addStore(state, types, restored);
      }
    }
  }

  /** What `keepUnclaimed` took over. */
  keptNames(): readonly string[] {
    return [...this.#kept];
  }

  /** Forgets everything, also what handles and windows still point to: V8 may keep a job that has ended alive for several collections, and marks its state in each. */
  clear(): void {
    for (const store of this.stores) store.clear();
    for (const { domain } of this.timers) domain.clear();
    this.#directory.clear();
    this.stores.length = 0;
    this.timers.length = 0;
    this.lists.length = 0;
    this.#names.clear();
  }

  #addStore(meta: StateMeta, types: StoreTypes, restored: RestoredState | null): KeyedStore<unknown> {
    const store = this.#newStore(meta, types.value, types.mapKey, types.form);
    if (restored !== null) {
      const chains = restored.claimKeyed(types.names, { kind: meta.kind, namespaced: meta.namespaced });
      const declared = { ...this.#declared(meta.name, store.codec, store.mapKeyCodec), version: meta.version, migrate: types.migrate };
      restoreStore(store, restored, chains, declared, this.#keyCodec);
    }
    this.#keep(meta.name, store);
    return store;
  }

  #newStore(meta: StateMeta, value: TypeInfo, mapKey: TypeInfo | undefined, form?: StoredForm): KeyedStore<unknown> {
    return new KeyedStore<unknown>({
      id: this.#nextId++,
      meta,
      codec: new ValueCodec(value, form),
      ...(mapKey === undefined ? {} : { mapKeyCodec: new ValueCodec(mapKey) }),
      epochs: this.#epochs,
      range: this.#options.keyGroups,
      directory: this.#directory,
      clock: this.#clock,
    });
  }

  #keep(name: string, store: KeyedStore<unknown>): void {
    this.stores.push(store);
    this.#names.add(name);
  }

  #declared(name: string, codec: ValueCodec, mapKeyCodec: ValueCodec | undefined): DeclaredState {
    return { operatorUid: this.#options.operatorUid, name, version: 1, codec, mapKeyCodec, migrate: undefined };
  }
}
