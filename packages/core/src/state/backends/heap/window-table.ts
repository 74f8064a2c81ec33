import type { Pane, WindowTable } from '../../backend.js';
import type { KeyedStore } from './keyed-store.js';
import type { SlotTable } from './slot-table.js';

/** Accumulators by window and key on the heap: one slot table per window. */
export class HeapWindowTable<Acc> implements WindowTable<Acc> {
  readonly #store: KeyedStore<Acc>;

  constructor(store: KeyedStore<Acc>) {
    this.#store = store;
  }

  pane(start: number, end: number): Pane<Acc> {
    return this.#store.existingNamespace(start, end) ?? this.#store.namespaceTable(Object.freeze({ start, end }));
  }

  existingPane(start: number, end: number): Pane<Acc> | undefined {
    return this.#store.existingNamespace(start, end);
  }

  dropPane(pane: Pane<Acc>): void {
    this.#store.dropForGood(pane as SlotTable<Acc>);
  }

  panes(): Iterable<Pane<Acc>> {
    return this.#store.tables();
  }
}
