import type { StateBackendOptions } from '../../backend.js';
import type { KeyedStateDeclaration } from '../../declarations.js';
import type { StateMeta } from '../../format/state-meta.js';
import { ValueCodec } from '../../format/value-codec.js';
import type { EntryWriter } from '../heap/entry-writer.js';
import type { Epochs } from '../heap/epochs.js';
import type { HeapContents } from '../heap/heap-contents.js';
import type { SnapshotPart } from '../heap/heap-snapshot-run.js';
import type { RestoredState } from '../heap/restored-state.js';
import { declaredMeta, declaredTypes, restoredTypes, type StoreTypes } from '../heap/store-types.js';
import type { SnapshotUnit } from '../heap/table-unit.js';
import type { TtlClock } from '../heap/ttl-clock.js';
import type { Compaction } from './compaction.js';
import { ListStore } from './list-store.js';
import type { LogKey } from './log-key.js';
import { restoreLogStore } from './log-restore.js';
import { LogStore } from './log-store.js';
import { MapStore } from './map-store.js';
import type { SegmentLog } from './segment-log.js';
import { StoreUnit } from './store-unit.js';

/** What the contents are made from. */
export interface LogContentsOptions {
  readonly backend: StateBackendOptions;
  readonly epochs: Epochs;
  readonly clock: TtlClock;
  readonly keyCodec: ValueCodec;
  readonly log: SegmentLog;
  readonly compaction: Compaction;
  /** Told of every store, so that compaction can ask it. */
  readonly stores: Map<number, LogStore>;
  /** A key for restoring and sweeping. */
  readonly key: LogKey;
}

/** The keyed states of an operator that are on disk, by name. All else is in the heap's contents beside it. */
export class LogContents {
  readonly #options: LogContentsOptions;
  readonly #heap: HeapContents;

  constructor(heap: HeapContents, options: LogContentsOptions) {
    this.#heap = heap;
    this.#options = options;
  }

  /** All stores. */
  get stores(): readonly LogStore[] {
    return [...this.#options.stores.values()];
  }

  /** The stores as parts of a snapshot. */
  get parts(): readonly SnapshotPart[] {
    return this.stores.map((store) => ({
      id: store.id,
      meta: store.meta,
      snapshot: (writer: EntryWriter): SnapshotUnit => {
        const unit = new StoreUnit(store, writer);
        store.snapshotBegins(unit);
        return unit;
      },
    }));
  }

  /** A keyed state by name. */
  keyed(name: string): LogStore | undefined {
    return this.stores.find((store) => store.name === name);
  }

  /** Makes a keyed state, and fills it from what was restored. */
  declare(name: string, declaration: KeyedStateDeclaration, namespaced: boolean, restored: RestoredState | null): LogStore {
    return this.#add(declaredMeta(name, declaration, namespaced), declaredTypes(name, declaration), restored);
  }

  /** Takes over a restored keyed state that nobody declared; false when it is none. */
  keep(state: StateMeta, restored: RestoredState): boolean {
    if (state.kind !== 'value' && state.kind !== 'list' && state.kind !== 'map' && state.kind !== 'reducing' && state.kind !== 'aggregating') return false;
    this.#add(state, restoredTypes(state), restored);
    return true;
  }

  #add(meta: StateMeta, types: StoreTypes, restored: RestoredState | null): LogStore {
    const { backend, epochs, clock, keyCodec, log, compaction, stores, key } = this.#options;
    const options = {
      id: this.#heap.reserve(meta.name),
      meta,
      codec: new ValueCodec(types.value),
      keyCodec,
      mapKeyCodec: types.mapKey === undefined ? undefined : new ValueCodec(types.mapKey),
      epochs,
      clock,
      log,
      compaction,
      operatorUid: backend.operatorUid,
    };
    const store = meta.kind === 'map' ? new MapStore(options) : meta.kind === 'list' ? new ListStore(options) : new LogStore(options);
    stores.set(store.id, store);
    if (restored !== null) {
      const chains = restored.claimKeyed(types.names, { kind: meta.kind, namespaced: meta.namespaced });
      const declared = {
        operatorUid: backend.operatorUid, name: meta.name, version: meta.version, codec: store.codec, mapKeyCodec: store.mapKeyCodec, migrate: types.migrate,
      };
      restoreLogStore(store, restored, chains, declared, key, keyCodec);
    }
    return store;
  }
}
