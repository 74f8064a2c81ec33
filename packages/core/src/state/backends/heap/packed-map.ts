import { mapKey } from '../../../record/map-key.js';
import { CHANGED, type Epochs, MADE, WRITTEN } from './epochs.js';
import type { MapForm } from './map-form.js';
import type { NumberPages, Retired } from './number-pages.js';
import { deletePacked, findPacked, inOrder, markOf, MOST_PACKED, movePacked, putPacked, renumberPacked, restamped, stampOf, takeInOrder } from './packed-entries.js';
import { type MapChanges, RareParts } from './rare-parts.js';

/**
 * The map of one key while it has more than a few entries, all of them numbers by numbers: they lie in a part of a page that many
 * maps share (see `NumberPages`). A slot is a place in the page, good until something is added or removed.
 */
export class PackedMap<V> implements MapForm<V>, Retired {
  // What a look-up reads stands first, in one line of memory.
  #page: number[];
  /** Where its part of the page begins. */
  #base: number;
  /** For how many entries the part has room: a power of two. */
  #capacity: number;
  size: number;
  /** The numbers of all entries, which tell their order, are below it. */
  #numbers: number;
  /** What few maps have; here the removed keys. */
  rare: RareParts | null;
  /** What it has become when it is packed no more (see `otherForm`). */
  becomes: MapForm<V> | null;

  /** With no entry, and room for so many. */
  constructor(pages: NumberPages, capacity: number, rare: RareParts | null) {
    this.#page = pages.pageFor(capacity);
    this.#base = pages.take(capacity);
    this.#capacity = capacity;
    this.size = 0;
    this.#numbers = 1;
    this.rare = rare;
    this.becomes = null;
  }

  find(key: unknown): number {
    return typeof key === 'number' && key === key ? findPacked(this.#page, this.#base, this.#capacity, key) : absent(key);
  }

  get isSteady(): boolean {
    return false;
  }

  get slotLimit(): number {
    return 0;
  }

  takes(key: unknown, value: unknown): boolean {
    return typeof key === 'number' && typeof value === 'number' && (this.#capacity < MOST_PACKED || !this.#isFull());
  }

  holds(value: unknown): boolean {
    return typeof value === 'number';
  }

  add(key: unknown, value: V, epochs: Epochs, pages: NumberPages | null): number {
    return this.put(key as number, value as number, epochs.version + MADE, pages!);
  }

  restore(key: unknown, value: V, pages: NumberPages | null): number {
    return this.put(key as number, value as number, 0, pages!);
  }

  /** Adds an entry with a stamp. */
  put(key: number, value: number, stamp: number, pages: NumberPages): number {
    if (this.#isFull()) this.#widen(pages);
    else if (this.#numbers >= this.#capacity * 2) this.#numbers = renumberPacked(this.#page, this.#base, this.#capacity);
    this.size++;
    return putPacked(this.#page, this.#base, this.#capacity, key, value, markOf(stamp) + this.#numbers++);
  }

  valueAt(slot: number): V {
    return this.#page[slot + 1] as V;
  }

  setValue(slot: number, value: V): void {
    this.#page[slot + 1] = value as number;
  }

  keyAt(slot: number): unknown {
    return this.#page[slot];
  }

  slots(): number[] {
    return inOrder(this.#page, this.#base, this.#capacity);
  }

  retire(pages: NumberPages | null): void {
    pages!.retire(this);
  }

  release(pages: NumberPages): void {
    if (this.#page === RELEASED) return;
    pages.give(this.#page, this.#base, this.#capacity);
    this.#page = RELEASED;
    this.#base = 0;
    this.#capacity = 1;
    this.#numbers = 1;
    this.size = 0;
  }

  takeForSnapshot(since: number, version: number): number[] {
    return takeInOrder(this.#page, this.#base, this.#capacity, since === 0 ? 0 : since + MADE, version + WRITTEN);
  }

  timeAt(): number {
    return 0;
  }

  /** Maps in states with a time to live are not packed. */
  setTime(): void {}

  stampAt(slot: number): number {
    return stampOf(this.#page[slot + 2]!);
  }

  awaits(slot: number, version: number): boolean {
    return this.#page[slot + 2]! < markOf(version + WRITTEN);
  }

  changedSince(slot: number, since: number): boolean {
    return this.#page[slot + 2]! >= markOf(since + MADE);
  }

  markWritten(slot: number, version: number): void {
    if (this.awaits(slot, version)) this.#page[slot + 2] = restamped(this.#page[slot + 2]!, version + WRITTEN);
  }

  markDirty(slot: number, epochs: Epochs): boolean {
    if (this.changedSince(slot, epochs.version)) return false;
    this.#page[slot + 2] = restamped(this.#page[slot + 2]!, epochs.version + CHANGED);
    return true;
  }

  remove(slot: number, epochs: Epochs): void {
    if (epochs.tracking && this.stampAt(slot) !== epochs.version + MADE) (this.rare ??= new RareParts()).noteRemoved(this.#page[slot]!, epochs);
    deletePacked(this.#page, this.#base, this.#capacity, slot);
    this.size--;
  }

  /** Only the stamps tell which entries changed: a map is looked through faster than a list is kept. */
  changes(): readonly MapChanges[] | null {
    return null;
  }

  #isFull(): boolean {
    return (this.size + 1) * 4 > this.#capacity * 3;
  }

  /** Lays the entries into a part twice as large. */
  #widen(pages: NumberPages): void {
    const before = this.#page;
    const first = this.#base;
    const capacity = this.#capacity;
    const page = pages.pageFor(capacity * 2);
    const base = pages.take(capacity * 2);
    movePacked(before, first, capacity, page, base, capacity * 2);
    this.#page = page;
    this.#base = base;
    this.#capacity = capacity * 2;
    pages.give(before, first, capacity);
  }
}

/** Stands for the page of a map that has given its part back: one free place. */
const RELEASED: number[] = [0.5, 0.5, 0];

/** What is found where only numbers are keys, for a key that has to be one. */
function absent(key: unknown): number {
  mapKey(key);
  return -1;
}
