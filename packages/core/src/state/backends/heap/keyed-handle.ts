import type { CheckMode } from '../../check-mode.js';
import type { CurrentKey } from './current-key.js';
import type { KeyedStore } from './keyed-store.js';
import type { SlotTable } from './slot-table.js';

/** What handles share: the place of the current key, looked up once per key. */
export abstract class KeyedHandle<V> {
  protected readonly store: KeyedStore<V>;
  protected readonly current: CurrentKey;
  protected readonly check: CheckMode | null;
  /** The table of the current key, after `find`; undefined when there is none yet. */
  protected table: SlotTable<V> | undefined;
  #slot: number;
  #version: number;

  constructor(store: KeyedStore<V>, current: CurrentKey, check: CheckMode | null) {
    this.store = store;
    this.current = current;
    this.check = check;
    this.table = undefined;
    this.#slot = -1;
    this.#version = 0;
  }

  /** The slot of the current key, or -1. */
  protected find(): number {
    const { current } = this;
    if (this.#version === current.version && this.#version !== 0) return this.#slot;
    // Asked here, since the words for it would be put together for every key.
    if (current.version === 0) current.require(`state "${this.store.name}"`);
    this.#slot = this.store.namespaced ? this.#findInNamespace() : this.#findInGroup();
    this.#version = current.version;
    return this.#slot;
  }

  /** Adds an entry for the current key, which has none. */
  protected insert(value: V): number {
    const { current, store } = this;
    if (store.namespaced) {
      this.table = store.namespaceTable(current.namespace);
      this.#slot = this.table.insertOwned(current.key, value);
    } else {
      this.#slot = current.directory.slotOf(current.takePlace());
      this.table = store.groupTable(current.keyGroup);
      this.table.insertAt(this.#slot, value);
    }
    return this.#slot;
  }

  /** Removes the entry of the current key. */
  protected removeCurrent(): void {
    const slot = this.find();
    if (slot < 0) return;
    const table = this.table!;
    table.removeSlot(slot);
    this.#slot = -1;
    if (!this.store.namespaced) {
      this.current.forgetPlace();
    } else if (table.size === 0) {
      this.store.drop(table);
      this.table = undefined;
    }
  }

  #findInGroup(): number {
    const { directory, place } = this.current;
    const table = place < 0 ? undefined : this.store.existingGroup(directory.keyGroupOf(place));
    this.table = table;
    if (table === undefined) return -1;
    const slot = directory.slotOf(place);
    // Whoever finds the key reads its value next, and only a value can tell that there is an entry without its stamp.
    return (slot < table.slotLimit && table.values[slot] !== undefined) || table.has(slot) ? slot : -1;
  }

  #findInNamespace(): number {
    const { current } = this;
    const { start, end } = current.namespace;
    const table = this.store.existingNamespace(start, end);
    this.table = table;
    return table === undefined ? -1 : current.findIn(table.places);
  }
}
