import type { LogKey } from './log-key.js';
import { ListStore } from './list-store.js';
import type { LogStore } from './log-store.js';
import { MapStore } from './map-store.js';
import { CHILD, DEAD, FREE } from './rows.js';

/** Cleans up expired entries, one look per `next()`. Only what has expired is read from the log. */
export function* sweepLog(stores: readonly LogStore[], key: LogKey): Generator<void> {
  for (const store of stores) {
    if (store.ttl === null) continue;
    for (let slot = 0; slot < store.rows.limit; slot++) {
      if (!store.rows.has(slot, FREE | DEAD)) sweepRow(store, slot, key);
      yield;
    }
  }
}

function sweepRow(store: LogStore, slot: number, key: LogKey): void {
  const { rows, clock } = store;
  const ttl = store.ttl!;
  const now = clock.now(ttl);
  const child = rows.has(slot, CHILD);
  if (store instanceof ListStore) {
    if (!child && store.someExpired(slot, now)) sweepList(store, slot, key, now);
  } else if (store instanceof MapStore) {
    if (child && clock.expired(ttl, rows.time(slot), now)) store.removeEntry(slot);
  } else if (clock.expired(ttl, rows.time(slot), now)) {
    store.remove(slot);
  }
}

function sweepList(store: ListStore, head: number, key: LogKey, now: number): void {
  store.enterKeyOf(head, key);
  const { items, times } = store.contents(head);
  const kept = [...times.keys()].filter((at) => !store.clock.expired(store.ttl!, times[at]!, now));
  store.replace(
    key,
    kept.map((at) => items[at]),
    kept.map((at) => times[at]!),
  );
}
