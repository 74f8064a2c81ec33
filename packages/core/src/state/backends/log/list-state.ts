import type { CheckMode } from '../../check-mode.js';
import type { ListState } from '../../handles.js';
import type { ListContents, ListStore } from './list-store.js';
import type { LogKey } from './log-key.js';
import { COUNT } from './rows.js';

const NOTHING: readonly never[] = Object.freeze([]);

/** List state on disk. Time to live counts per element. */
export class LogListState<T> implements ListState<T> {
  readonly #store: ListStore;
  readonly #current: LogKey;
  readonly #check: CheckMode | null;
  /** What was last read, while the key and the list stay as they were: asking twice gives the same objects. */
  #contents: ListContents | null;
  #version: number;

  constructor(store: ListStore, current: LogKey, check: CheckMode | null) {
    this.#store = store;
    this.#current = current;
    this.#check = check;
    this.#contents = null;
    this.#version = 0;
  }

  get(): Iterable<T> {
    const head = this.#find();
    if (head < 0) return NOTHING;
    const items = this.#fresh(head) as T[];
    if (this.#check !== null) for (const item of items) this.#check.borrowed(this.#store, this.#current, item);
    return items.values();
  }

  add(value: T): void {
    if (this.#check !== null) this.#check.stored(this.#store, this.#current, value, value);
    this.#append([value]);
  }

  addAll(values: Iterable<T>): void {
    const items = [...values];
    if (items.length === 0) return;
    if (this.#check !== null) for (const item of items) this.#check.stored(this.#store, this.#current, item, item);
    this.#append(items);
  }

  update(values: Iterable<T>): void {
    const items = [...values];
    if (this.#check !== null) {
      this.#check.forget(this.#store, this.#current);
      for (const item of items) this.#check.stored(this.#store, this.#current, item, item);
    }
    this.#require();
    this.#contents = null;
    this.#store.replace(this.#current, items, this.#now(items.length));
  }

  get size(): number {
    const head = this.#find();
    if (head < 0) return 0;
    return this.#store.ttl === null ? this.#store.rows.get(head, COUNT) : this.#fresh(head).length;
  }

  clear(): void {
    if (this.#check !== null) this.#check.forget(this.#store, this.#current);
    const head = this.#find();
    this.#contents = null;
    if (head >= 0) this.#store.removeList(head);
  }

  #append(items: readonly T[]): void {
    this.#require();
    this.#contents = null;
    this.#store.append(this.#current, items, this.#now(items.length));
  }

  #now(count: number): number[] | null {
    const { ttl, clock } = this.#store;
    return ttl === null ? null : new Array<number>(count).fill(clock.now(ttl));
  }

  #require(): void {
    if (this.#current.version === 0) this.#current.require(`state "${this.#store.name}"`);
  }

  #find(): number {
    this.#require();
    if (this.#version !== this.#current.version) {
      this.#version = this.#current.version;
      this.#contents = null;
    }
    return this.#store.findHead(this.#current);
  }

  /** The elements without the expired ones, which are removed; where that was asked for they are returned this once. */
  #fresh(head: number): unknown[] {
    const contents = (this.#contents ??= this.#store.contents(head));
    const { ttl, clock } = this.#store;
    if (ttl === null) return contents.items;
    const now = clock.now(ttl);
    const renews = ttl.renewedBy === 'readAndWrite';
    const { items, times } = contents;
    const someExpired = times.some((time) => clock.expired(ttl, time, now));
    if (!someExpired && !(renews && times.some((time) => time !== now))) return items;
    const kept: ListContents = { items: [], times: [] };
    for (let at = 0; at < items.length; at++) {
      if (clock.expired(ttl, times[at]!, now)) continue;
      kept.items.push(items[at]);
      kept.times.push(renews ? now : times[at]!);
    }
    this.#store.replace(this.#current, kept.items, kept.times);
    this.#contents = kept.items.length > 0 ? kept : null;
    return ttl.returnExpired ? items : kept.items;
  }
}
