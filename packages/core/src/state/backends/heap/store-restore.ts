import { freezeKey } from '../../../record/map-key.js';
import type { Namespace } from '../../backend.js';
import type { SectionReaders, SectionVisitor } from '../../format/section-reader.js';
import { type DeclaredState, keyReader, valueReader } from '../../format/stored-type.js';
import type { ValueCodec } from '../../format/value-codec.js';
import type { KeyedStore } from './keyed-store.js';
import { KeySlots } from './key-slots.js';
import { ListCell } from './list-cell.js';
import { MapCell } from './map-cell.js';
import type { MapForm } from './map-form.js';
import { otherForm } from './packing.js';
import type { RestoredChain, RestoredSection, RestoredState } from './restored-state.js';
import { NewestRecords } from './newest-records.js';
import { NewestTexts } from './newest-texts.js';
import { SlotTable } from './slot-table.js';

/** Fills a state from a snapshot. All types are compared before the first record is read. */
export function restoreStore(store: KeyedStore<unknown>, restored: RestoredState, chains: ReadonlyMap<number, RestoredChain>, declared: DeclaredState, keyCodec: ValueCodec): void {
  const readers = new Map<RestoredSection, SectionReaders>();
  for (const chain of chains.values()) for (const part of chain) readers.set(part, readersOf(part, declared, keyCodec));
  const newest = plainTexts(store, [...readers.values()]) ? new NewestTexts(store) : null;
  for (const [keyGroup, chain] of chains) {
    if (newest?.restore(restored, keyGroup, chain, chain.map((part) => readers.get(part)!)) === true) continue;
    // Deltas drop whole namespaces of one key group, while a namespace's table holds all key groups.
    const staged = store.namespaced && chain.length > 1;
    const visitor = new StoreVisitor(store, keyGroup, staged);
    for (const part of chain) restored.read(part, readers.get(part)!, visitor);
    visitor.finish();
  }
  newest?.finish();
}

/** Whether a state has one value for each key, without namespaces, and keys that may be texts. */
function plainTexts(store: KeyedStore<unknown>, readers: readonly SectionReaders[]): boolean {
  return !store.cells && !store.namespaced && !store.whole && NewestRecords.suits(readers);
}

/** The readers of one section. */
export function readersOf(part: RestoredSection, declared: DeclaredState, keyCodec: ValueCodec): SectionReaders {
  const { operatorUid, name, mapKeyCodec } = declared;
  return {
    key: keyReader(part.keyType, keyCodec, { operatorUid, what: 'the key' }),
    mapKey: mapKeyCodec === undefined ? undefined : keyReader(part.state.mapKeyType, mapKeyCodec, { operatorUid, what: `the map key of state "${name}"`, state: name }),
    value: valueReader(part.state, declared),
  };
}

/** Applies records that a kind of state does not have to nothing: the tags of a blob are checked by its reader. */
export abstract class IgnoringVisitor implements SectionVisitor {
  removeKey(_namespace: Namespace, _key: unknown): void {}
  dropNamespace(_namespace: Namespace): void {}
  removeMapEntry(_namespace: Namespace, _key: unknown, _mapKey: unknown): void {}
  removeTimer(_namespace: Namespace | null, _key: unknown, _time: number): void {}
  value(_namespace: Namespace, _key: unknown, _time: number, _value: unknown): void {}
  list(_namespace: Namespace, _key: unknown, _replaces: boolean, _items: unknown[], _times: number[]): void {}
  map(_namespace: Namespace, _key: unknown, _count: number): void {}
  mapEntry(_namespace: Namespace, _key: unknown, _mapKey: unknown, _time: number, _value: unknown): void {}
  timer(_namespace: Namespace | null, _key: unknown, _time: number, _sequence: number): void {}
  elements(_items: unknown[]): void {}
}

/** Puts the records of one key group into a store. */
class StoreVisitor extends IgnoringVisitor {
  readonly #store: KeyedStore<unknown>;
  readonly #keyGroup: number;
  readonly #staged: Map<string, SlotTable<unknown>> | null;
  /** The map whose entries are read, and how many of them there are. */
  #cell: MapForm<unknown> | null;
  /** Where that map is. */
  #cells: SlotTable<unknown> | null;
  #slot: number;
  #expected: number;

  constructor(store: KeyedStore<unknown>, keyGroup: number, staged: boolean) {
    super();
    this.#store = store;
    this.#keyGroup = keyGroup;
    this.#staged = staged ? new Map() : null;
    this.#cell = null;
    this.#cells = null;
    this.#slot = -1;
    this.#expected = 0;
  }

  override removeKey(namespace: Namespace, key: unknown): void {
    const table = this.#table(namespace);
    const slot = table.slot(key);
    if (slot < 0) return;
    const value = table.values[slot];
    table.removeSlot(slot);
    if (this.#store.meta.kind === 'map') (value as MapForm<unknown>).retire(this.#store.pages);
  }

  override dropNamespace(namespace: Namespace): void {
    this.#staged?.delete(`${namespace.start}/${namespace.end}`);
  }

  override removeMapEntry(namespace: Namespace, key: unknown, key2: unknown): void {
    const table = this.#table(namespace);
    const slot = table.slot(key);
    if (slot < 0) return;
    const cell = table.values[slot] as MapForm<unknown>;
    const entry = cell.find(key2);
    if (entry < 0) return;
    cell.remove(entry, this.#store.epochs);
    if (cell.size > 0) return;
    table.removeSlot(slot);
    cell.retire(this.#store.pages);
  }

  override value(namespace: Namespace, key: unknown, time: number, value: unknown): void {
    const table = this.#table(namespace);
    let slot = table.slot(key);
    if (slot < 0) slot = table.restore(key, value);
    else table.values[slot] = value;
    if (table.times !== null) table.times[slot] = this.#time(time);
  }

  override list(namespace: Namespace, key: unknown, replaces: boolean, items: unknown[], times: number[]): void {
    const table = this.#table(namespace);
    const slot = table.slot(key);
    const cellTimes = this.#store.ttl === null ? null : times.length === items.length ? times.map((time) => this.#time(time)) : items.map(() => this.#time(NaN));
    if (slot < 0) {
      table.restore(key, new ListCell(items, cellTimes, 0));
      return;
    }
    const cell = table.values[slot] as ListCell<unknown>;
    if (replaces) {
      table.values[slot] = new ListCell(items, cellTimes, 0);
      return;
    }
    for (const item of items) cell.items.push(item);
    if (cell.times !== null && cellTimes !== null) for (const time of cellTimes) cell.times.push(time);
  }

  override map(namespace: Namespace, key: unknown, count: number): void {
    const table = this.#table(namespace);
    let slot = table.slot(key);
    if (slot < 0) slot = table.restore(key, new MapCell());
    this.#cell = table.values[slot] as MapForm<unknown>;
    this.#cells = table;
    this.#slot = slot;
    this.#expected = this.#cell.size + count;
  }

  override mapEntry(_namespace: Namespace, _key: unknown, key2: unknown, time: number, value: unknown): void {
    const { pages, ttl } = this.#store;
    const owned = freezeKey(key2);
    let cell = this.#cell!;
    let entry = cell.find(owned);
    if (pages !== null && !(entry < 0 ? cell.takes(owned, value, this.#expected) : cell.holds(value))) {
      cell = otherForm(cell, pages, this.#expected);
      this.#cell = cell;
      this.#cells!.values[this.#slot] = cell;
      entry = cell.find(owned);
    }
    if (entry < 0) entry = cell.restore(owned, value, pages, this.#expected);
    else cell.setValue(entry, value);
    if (ttl !== null) cell.setTime(entry, this.#time(time));
  }

  /** Moves what was staged into the store. */
  finish(): void {
    if (this.#staged === null) return;
    for (const staged of this.#staged.values()) {
      if (staged.size === 0) continue;
      const table = this.#store.namespaceTable(Object.freeze({ start: staged.start, end: staged.end }));
      for (let slot = 0; slot < staged.slotLimit; slot++) {
        const key = staged.keyAt(slot);
        if (key === undefined) continue;
        const target = table.restore(key, staged.values[slot]);
        if (table.times !== null && staged.times !== null) table.times[target] = staged.times[slot]!;
      }
    }
  }

  /** An entry from before the state had a time to live counts from now. */
  #time(time: number): number {
    const { ttl, clock } = this.#store;
    return Number.isNaN(time) && ttl !== null ? clock.now(ttl) : time;
  }

  #table(namespace: Namespace): SlotTable<unknown> {
    const store = this.#store;
    if (!store.namespaced) return store.groupTable(this.#keyGroup);
    if (this.#staged === null) return store.namespaceTable(namespace);
    const name = `${namespace.start}/${namespace.end}`;
    let table = this.#staged.get(name);
    if (table === undefined) {
      table = new SlotTable<unknown>(store.epochs, store.id, { keyGroup: this.#keyGroup, namespace, keys: new KeySlots(), cells: store.cells, timed: store.ttl !== null && !store.cells, numbers: false, expected: 0 });
      this.#staged.set(name, table);
    }
    return table;
  }
}
