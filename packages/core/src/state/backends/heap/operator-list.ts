import type { OperatorListState } from '../../handles.js';
import type { StateMeta } from '../../format/state-meta.js';
import type { ValueCodec } from '../../format/value-codec.js';
import type { EntryWriter } from './entry-writer.js';
import type { SnapshotUnit } from './table-unit.js';

/** A list that belongs to the subtask, on the heap. */
export class HeapOperatorList<T> implements OperatorListState<T> {
  readonly id: number;
  readonly meta: StateMeta;
  readonly codec: ValueCodec;
  #items: T[];
  #unit: OperatorListUnit | null;

  constructor(id: number, meta: StateMeta, codec: ValueCodec) {
    this.id = id;
    this.meta = meta;
    this.codec = codec;
    this.#items = [];
    this.#unit = null;
  }

  get(): readonly T[] {
    // Whoever sees the elements may change them in place, so a running snapshot takes them first.
    this.#unit?.step(Infinity);
    this.#unit = null;
    return this.#items;
  }

  add(value: T): void {
    this.#items.push(value);
  }

  update(values: readonly T[]): void {
    this.#items = [...values];
  }

  clear(): void {
    this.#items = [];
  }

  /** The work of writing the list as it is now. */
  snapshot(writer: EntryWriter): SnapshotUnit {
    this.#unit = new OperatorListUnit(writer, this.id, this.meta.name, this.codec, this.#items);
    return this.#unit;
  }
}

/** Writes a list in pieces. The array is only ever appended to, or left for another. */
class OperatorListUnit implements SnapshotUnit {
  readonly #writer: EntryWriter;
  readonly #owner: number;
  readonly #name: string;
  readonly #codec: ValueCodec;
  readonly #items: readonly unknown[];
  readonly #length: number;
  #at: number;

  constructor(writer: EntryWriter, owner: number, name: string, codec: ValueCodec, items: readonly unknown[]) {
    this.#writer = writer;
    this.#owner = owner;
    this.#name = name;
    this.#codec = codec;
    this.#items = items;
    this.#length = items.length;
    this.#at = 0;
  }

  step(limit: number): boolean {
    if (this.#at >= this.#length) return true;
    const next = Math.min(this.#length, this.#at + limit);
    this.#writer.elements(this.#owner, this.#name, this.#codec, this.#items.slice(this.#at, next));
    this.#at = next;
    return next >= this.#length;
  }
}
