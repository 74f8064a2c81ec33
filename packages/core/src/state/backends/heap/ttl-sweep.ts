import type { KeyedStore } from './keyed-store.js';
import { ListCell } from './list-cell.js';
import type { MapCell } from './map-cell.js';
import type { SlotTable } from './slot-table.js';

/**
 * Cleans up expired entries, one look per `next()`. Removals go the usual way, so that a running snapshot still gets
 * what it has to hold and a delta says what is gone.
 */
export function* sweepExpired(stores: readonly KeyedStore<unknown>[]): Generator<void> {
  for (const store of stores) {
    if (store.ttl === null) continue;
    for (const table of store.tables()) {
      for (let slot = 0; slot < table.slotLimit; slot++) {
        if (table.keyAt(slot) !== undefined) {
          if (store.meta.kind === 'map') yield* sweepMap(store, table as SlotTable<MapCell<unknown>>, slot);
          else if (store.meta.kind === 'list') sweepList(store, table as SlotTable<ListCell<unknown>>, slot);
          else sweepPlain(store, table, slot);
        }
        yield;
      }
      if (store.namespaced && table.size === 0) store.drop(table);
    }
  }
}

function sweepPlain(store: KeyedStore<unknown>, table: SlotTable<unknown>, slot: number): void {
  const ttl = store.ttl!;
  if (store.clock.expired(ttl, table.times![slot]!, store.clock.now(ttl))) table.removeSlot(slot);
}

function sweepList(store: KeyedStore<unknown>, table: SlotTable<ListCell<unknown>>, slot: number): void {
  const ttl = store.ttl!;
  const cell = table.values[slot]!;
  const times = cell.times!;
  const now = store.clock.now(ttl);
  if (!times.some((time) => store.clock.expired(ttl, time, now))) return;
  const kept = [...times.keys()].filter((at) => !store.clock.expired(ttl, times[at]!, now));
  if (kept.length === 0) {
    table.removeSlot(slot);
    return;
  }
  const { run, version } = store.epochs;
  if (run !== null && table.awaits(slot, run)) {
    run.adoptCell(table, slot);
    table.markWritten(slot, run.version);
  }
  table.markDirty(slot);
  table.values[slot] = new ListCell(
    kept.map((at) => cell.items[at]),
    kept.map((at) => times[at]!),
    version,
  );
}

function* sweepMap(store: KeyedStore<unknown>, table: SlotTable<MapCell<unknown>>, slot: number): Generator<void> {
  const ttl = store.ttl!;
  const cell = table.values[slot]!;
  for (let entry = 0; entry < cell.slotLimit; entry++) {
    // Between two looks the key may have been cleared, or its map replaced.
    if (table.values[slot] !== cell) return;
    if (cell.keyAt(entry) !== undefined && store.clock.expired(ttl, cell.timeAt(entry), store.clock.now(ttl))) {
      const { run } = store.epochs;
      if (run !== null && table.awaits(slot, run)) run.writeMapEntry(table, slot, cell, entry);
      table.markDirty(slot);
      cell.remove(entry, store.epochs);
      if (cell.size === 0) {
        table.removeSlot(slot);
        return;
      }
    }
    yield;
  }
}
