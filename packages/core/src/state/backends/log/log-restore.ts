import type { Namespace } from '../../backend.js';
import type { SectionReaders } from '../../format/section-reader.js';
import type { DeclaredState } from '../../format/stored-type.js';
import type { ValueCodec } from '../../format/value-codec.js';
import type { RestoredChain, RestoredSection, RestoredState } from '../heap/restored-state.js';
import { IgnoringVisitor, readersOf } from '../heap/store-restore.js';
import { NewestRecords } from '../heap/newest-records.js';
import { ListStore } from './list-store.js';
import type { LogKey } from './log-key.js';
import type { LogStore } from './log-store.js';
import { MapStore } from './map-store.js';
import { NewestBytes } from './newest-bytes.js';
import { copiesBytes, NewestFirst } from './newest-first.js';
import { DEAD } from './rows.js';

/**
 * Fills a state from a snapshot, by the same steps that later change it: nothing is tracked yet, and all rows carry a
 * stamp from before the first snapshot.
 */
export function restoreLogStore(store: LogStore, restored: RestoredState, chains: ReadonlyMap<number, RestoredChain>, declared: DeclaredState, key: LogKey, keyCodec: ValueCodec): void {
  const readers = new Map<RestoredSection, SectionReaders>();
  for (const chain of chains.values()) for (const part of chain) readers.set(part, readersOf(part, declared, keyCodec));
  const newest = NewestRecords.suits([...readers.values()]) ? new NewestBytes(store, chains.size) : null;
  for (const [keyGroup, chain] of chains) {
    const ofChain = chain.map((part) => readers.get(part)!);
    if (copiesBytes(store, ofChain, keyCodec)) {
      if (newest?.restore(restored, keyGroup, chain, ofChain) === true) continue;
      new NewestFirst(store, key, keyGroup).restore(restored, chain);
      continue;
    }
    const visitor = new LogVisitor(store, key, store.namespaced && chain.length > 1);
    for (const part of chain) restored.read(part, readers.get(part)!, visitor);
  }
  key.clear();
  key.setNamespace(null);
}

/** Puts the records of one key group into a store. */
class LogVisitor extends IgnoringVisitor {
  readonly #store: LogStore;
  readonly #key: LogKey;
  /** The keys by namespace, where a delta may drop whole namespaces of this key group. */
  readonly #staged: Map<string, Map<unknown, unknown>> | null;

  constructor(store: LogStore, key: LogKey, staged: boolean) {
    super();
    this.#store = store;
    this.#key = key;
    this.#staged = staged ? new Map() : null;
  }

  override removeKey(namespace: Namespace, key: unknown): void {
    this.#enter(namespace, key);
    this.#remove();
    this.#staged?.get(nameOf(namespace))?.delete(this.#key.mapped);
  }

  override dropNamespace(namespace: Namespace): void {
    const keys = this.#staged?.get(nameOf(namespace));
    if (keys === undefined) return;
    for (const key of keys.values()) {
      this.#enter(namespace, key);
      this.#remove();
    }
    this.#staged!.delete(nameOf(namespace));
  }

  override removeMapEntry(namespace: Namespace, key: unknown, mapKey: unknown): void {
    this.#enter(namespace, key);
    const store = this.#store as MapStore;
    const head = store.findHead(this.#key);
    const entry = head < 0 ? -1 : store.findEntry(head, mapKey);
    if (entry >= 0) store.removeEntry(entry);
  }

  override value(namespace: Namespace, key: unknown, time: number, value: unknown): void {
    this.#enter(namespace, key);
    const store = this.#store;
    const slot = store.write(store.find(this.#key), this.#key, value);
    this.#stage(namespace);
    if (store.ttl !== null) store.rows.setTime(slot, this.#time(time));
  }

  override list(namespace: Namespace, key: unknown, replaces: boolean, items: unknown[], times: number[]): void {
    this.#enter(namespace, key);
    const store = this.#store as ListStore;
    const kept = store.ttl === null ? null : items.map((_, at) => this.#time(times[at] ?? NaN));
    if (replaces) store.replace(this.#key, items, kept);
    else store.append(this.#key, items, kept);
    this.#stage(namespace);
  }

  override mapEntry(namespace: Namespace, key: unknown, mapKey: unknown, time: number, value: unknown): void {
    this.#enter(namespace, key);
    const store = this.#store as MapStore;
    const slot = store.put(store.makeHead(this.#key), this.#key.key, mapKey, value);
    this.#stage(namespace);
    if (store.ttl !== null) store.rows.setTime(slot, this.#time(time));
  }

  #enter(namespace: Namespace, key: unknown): void {
    this.#key.set(key);
    this.#key.setNamespace(namespace);
  }

  #remove(): void {
    const store = this.#store;
    const slot = store.find(this.#key);
    if (slot < 0 || store.rows.has(slot, DEAD)) return;
    if (store instanceof MapStore) store.removeHead(slot);
    else if (store instanceof ListStore) store.removeList(slot);
    else store.remove(slot);
  }

  #stage(namespace: Namespace): void {
    if (this.#staged === null) return;
    const name = nameOf(namespace);
    let keys = this.#staged.get(name);
    if (keys === undefined) {
      keys = new Map();
      this.#staged.set(name, keys);
    }
    keys.set(this.#key.mapped, this.#key.key);
  }

  /** An entry from before the state had a time to live counts from now. */
  #time(time: number): number {
    const { ttl, clock } = this.#store;
    return Number.isNaN(time) && ttl !== null ? clock.now(ttl) : time;
  }
}

function nameOf(namespace: Namespace): string {
  return `${namespace.start}/${namespace.end}`;
}
