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
    current.require(`state "${this.store.name}"`);
    const table = this.store.existing(current);
    this.table = table;
    this.#slot = table === undefined ? -1 : table.slotOf(current.mapped);
    this.#version = current.version;
    return this.#slot;
  }

  /** Adds an entry for the current key, which has none. */
  protected insert(value: V): number {
    const table = this.store.table(this.current);
    this.table = table;
    this.#slot = table.insertMapped(this.current.mapped, this.current.key, value);
    return this.#slot;
  }

  /** Removes the entry of the current key. */
  protected removeCurrent(): void {
    const slot = this.find();
    if (slot < 0) return;
    const table = this.table!;
    table.removeSlot(slot);
    this.#slot = -1;
    if (this.store.namespaced && table.size === 0) {
      this.store.drop(table);
      this.table = undefined;
    }
  }
}
