import type { ListState } from '../../handles.js';
import { ownedValue } from './flat-string.js';
import { KeyedHandle } from './keyed-handle.js';
import { ListCell } from './list-cell.js';

/** The elements of a list as they were when it was asked for: elements added while it is read do not appear. */
class ListView<T> implements Iterable<T> {
  readonly #items: readonly T[];
  readonly #length: number;

  constructor(items: readonly T[]) {
    this.#items = items;
    this.#length = items.length;
  }

  [Symbol.iterator](): Iterator<T> {
    return new ListIterator(this.#items, this.#length);
  }
}

/** Written out, since a loop over it can be compiled into the caller, and one over a generator cannot. */
class ListIterator<T> implements Iterator<T> {
  readonly #items: readonly T[];
  readonly #length: number;
  #at: number;

  constructor(items: readonly T[], length: number) {
    this.#items = items;
    this.#length = length;
    this.#at = 0;
  }

  next(): IteratorResult<T> {
    return this.#at < this.#length ? { done: false, value: this.#items[this.#at++]! } : { done: true, value: undefined };
  }
}

const NOTHING: readonly never[] = Object.freeze([]);

/** List state on the heap. Time to live counts per element. */
export class HeapListState<T> extends KeyedHandle<ListCell<T>> implements ListState<T> {
  get(): Iterable<T> {
    const slot = this.find();
    if (slot < 0) return NOTHING;
    this.#beforeRead(slot);
    const cell = this.#fresh(slot);
    if (cell === undefined) return NOTHING;
    if (this.check !== null) for (const item of cell.items) this.check.borrowed(this.store, this.current, item);
    return new ListView(cell.items);
  }

  add(value: T): void {
    if (this.check !== null) this.check.stored(this.store, this.current, value, value);
    const owned = ownedValue(value);
    const { epochs, ttl } = this.store;
    const slot = this.find();
    if (slot < 0 || ttl !== null) return this.#append([owned]);
    const table = this.table!;
    const cell = table.values[slot]!;
    cell.beforeAppend(epochs.version, epochs.floor, epochs.run !== null);
    table.markDirty(slot);
    cell.items.push(owned);
  }

  addAll(values: Iterable<T>): void {
    const items = [...values];
    if (items.length === 0) return;
    if (this.check !== null) for (const item of items) this.check.stored(this.store, this.current, item, item);
    this.#append(items.map(ownedValue));
  }

  update(values: Iterable<T>): void {
    const items = [...values];
    if (this.check !== null) {
      this.check.forget(this.store, this.current);
      for (const item of items) this.check.stored(this.store, this.current, item, item);
    }
    if (items.length === 0) return this.removeCurrent();
    const { ttl } = this.store;
    this.#replace(items.map(ownedValue), ttl === null ? null : new Array<number>(items.length).fill(this.store.clock.now(ttl)));
  }

  get size(): number {
    const slot = this.find();
    if (slot < 0) return 0;
    return this.#fresh(slot)?.items.length ?? 0;
  }

  clear(): void {
    if (this.check !== null) this.check.forget(this.store, this.current);
    this.removeCurrent();
  }

  /** Appends elements that are in memory of their own; the array becomes the list's where there is none. */
  #append(items: T[]): void {
    const { epochs, ttl } = this.store;
    const now = ttl === null ? 0 : this.store.clock.now(ttl);
    const slot = this.find();
    if (slot < 0) {
      this.insert(new ListCell(items, ttl === null ? null : new Array<number>(items.length).fill(now), epochs.version));
      return;
    }
    const table = this.table!;
    const cell = table.values[slot]!;
    cell.beforeAppend(epochs.version, epochs.floor, epochs.run !== null);
    table.markDirty(slot);
    for (const item of items) {
      cell.items.push(item);
      if (cell.times !== null) cell.times.push(now);
    }
  }

  /** Puts another list in the place of the one that is there, or where there is none. */
  #replace(items: T[], times: number[] | null): ListCell<T> {
    const { epochs } = this.store;
    const cell = new ListCell(items, times, epochs.version);
    const slot = this.find();
    if (slot < 0) {
      this.insert(cell);
      return cell;
    }
    const table = this.table!;
    const run = epochs.run;
    if (run !== null && table.awaits(slot, run)) {
      run.adoptCell(table, slot);
      table.markWritten(slot, run.version);
    }
    table.markDirty(slot);
    table.values[slot] = cell;
    return cell;
  }

  /** The whole list goes to a running snapshot before anybody sees an element, since elements may be changed in place. */
  #beforeRead(slot: number): void {
    const run = this.store.epochs.run;
    if (run !== null && this.table!.awaits(slot, run)) run.writeWholeList(this.table!, slot);
  }

  /** The cell without its expired elements; undefined when none is left. */
  #fresh(slot: number): ListCell<T> | undefined {
    const cell = this.table!.values[slot]!;
    const { ttl, clock } = this.store;
    if (ttl === null || cell.times === null) return cell;
    const now = clock.now(ttl);
    const renews = ttl.renewedBy === 'readAndWrite';
    const { times } = cell;
    const someExpired = times.some((time) => clock.expired(ttl, time, now));
    if (!someExpired && !(renews && times.some((time) => time !== now))) return cell;
    const items: T[] = [];
    const kept: number[] = [];
    for (let i = 0; i < times.length; i++) {
      if (clock.expired(ttl, times[i]!, now)) continue;
      items.push(cell.items[i]!);
      kept.push(renews ? now : times[i]!);
    }
    if (items.length > 0) this.#replace(items, kept);
    else this.removeCurrent();
    // What has expired is returned this once where that was asked for; it is cleaned up now.
    if (ttl.returnExpired) return cell;
    return items.length > 0 ? this.table!.values[slot]! : undefined;
  }
}
