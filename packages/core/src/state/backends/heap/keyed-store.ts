import type { KeyGroupRange, Namespace } from '../../backend.js';
import type { TimeToLive } from '../../declarations.js';
import type { ValueCodec } from '../../format/value-codec.js';
import type { StateMeta } from '../../format/state-meta.js';
import type { Epochs } from './epochs.js';
import { KeyPlaces } from './key-places.js';
import { type KeyDirectory, KeySlots } from './key-slots.js';
import { NumberPages } from './number-pages.js';
import { SlotTable, type TableMemory, VOID } from './slot-table.js';
import type { TtlClock } from './ttl-clock.js';

/** A new window gets room for no more keys than these, however many the one before had. */
const MOST_EXPECTED = 1 << 16;

/** A new window may lie in arrays with so many places for each key that it is to have room for. */
const MOST_ROOM = 8;

/** Windows dropped during one version. */
export interface DropSegment {
  readonly version: number;
  readonly namespaces: Namespace[];
}

/** What a store is made from. */
export interface StoreOptions {
  readonly id: number;
  readonly meta: StateMeta;
  readonly codec: ValueCodec;
  readonly mapKeyCodec?: ValueCodec;
  readonly epochs: Epochs;
  readonly range: KeyGroupRange;
  readonly directory: KeyDirectory;
  readonly clock: TtlClock;
}

/**
 * One state of one operator: its tables. A plain state has one table per key group, which shares its keys with the
 * tables of the other states; a namespaced one has a table per namespace, whose keys are asked for their group only when a snapshot is written.
 */
export class KeyedStore<V> {
  readonly id: number;
  readonly name: string;
  readonly meta: StateMeta;
  readonly codec: ValueCodec;
  readonly mapKeyCodec: ValueCodec | undefined;
  readonly ttl: TimeToLive | null;
  readonly clock: TtlClock;
  readonly epochs: Epochs;
  readonly namespaced: boolean;
  readonly cells: boolean;
  /** Where maps of numbers lie; null where there are none, or they may be dropped with their namespace, or have times. */
  readonly pages: NumberPages | null;
  /** Part of the operator's own state, which is written whole in every snapshot. */
  readonly whole: boolean;
  readonly #first: number;
  readonly #directory: KeyDirectory;
  readonly #byGroup: (SlotTable<V> | undefined)[];
  readonly #byNamespace: Map<number, Map<number, SlotTable<V>>>;
  #drops: DropSegment[];
  /** The newest table of a namespace, and how many keys it had if it was dropped since: the next one will have about as many. */
  #newest: SlotTable<V> | undefined;
  #newestSize: number;
  /** The arrays of the last window that went. */
  #memory: TableMemory | undefined;

  constructor(options: StoreOptions) {
    const { meta } = options;
    this.id = options.id;
    this.name = meta.name;
    this.meta = meta;
    this.codec = options.codec;
    this.mapKeyCodec = options.mapKeyCodec;
    this.ttl = meta.ttl;
    this.clock = options.clock;
    this.epochs = options.epochs;
    this.namespaced = meta.namespaced;
    this.cells = meta.kind === 'list' || meta.kind === 'map';
    this.pages = meta.kind === 'map' && !meta.namespaced && meta.ttl === null ? new NumberPages(options.epochs) : null;
    this.whole = meta.kind === 'broadcast';
    this.#first = options.range.first;
    this.#directory = options.directory;
    this.#byGroup = [];
    this.#byNamespace = new Map();
    this.#drops = [];
    this.#newest = undefined;
    this.#newestSize = 0;
    this.#memory = undefined;
  }

  existingGroup(keyGroup: number): SlotTable<V> | undefined {
    return this.#byGroup[keyGroup - this.#first];
  }

  groupTable(keyGroup: number): SlotTable<V> {
    const index = keyGroup - this.#first;
    let table = this.#byGroup[index];
    if (table === undefined) {
      while (this.#byGroup.length <= index) this.#byGroup.push(undefined);
      table = this.#newTable(keyGroup, VOID, this.whole ? new KeySlots() : this.#directory.group(keyGroup));
      this.#byGroup[index] = table;
    }
    return table;
  }

  existingNamespace(start: number, end: number): SlotTable<V> | undefined {
    return this.#byNamespace.get(start)?.get(end);
  }

  namespaceTable(namespace: Namespace): SlotTable<V> {
    let byEnd = this.#byNamespace.get(namespace.start);
    if (byEnd === undefined) {
      byEnd = new Map();
      this.#byNamespace.set(namespace.start, byEnd);
    }
    let table = byEnd.get(namespace.end);
    if (table === undefined) {
      const expected = Math.min(this.#newest?.size ?? this.#newestSize, MOST_EXPECTED);
      const memory = this.#takeMemory(expected);
      table = this.#newTable(-1, namespace, memory?.keys ?? new KeySlots(new KeyPlaces(expected), 0, 0, expected), expected, memory);
      byEnd.set(namespace.end, table);
      this.#newest = table;
    }
    return table;
  }

  /** Lets keys be found that `SlotTable.restoreText` has put into tables of key groups. */
  addNotedKeys(): void {
    this.#directory.addNoted();
  }

  /** Drops a namespace with all its keys. A running snapshot keeps the table until it is written. */
  drop(table: SlotTable<V>): void {
    const byEnd = this.#byNamespace.get(table.start);
    if (byEnd === undefined || byEnd.get(table.end) !== table) return;
    byEnd.delete(table.end);
    if (byEnd.size === 0) this.#byNamespace.delete(table.start);
    if (table === this.#newest) {
      this.#newestSize = table.size;
      this.#newest = undefined;
    }
    this.#noteDrop(table);
  }

  /** As `drop`, of a table that nobody looks at any more: its arrays are kept for the next one, unless a snapshot may still look at them. */
  dropForGood(table: SlotTable<V>): void {
    const isMine = this.existingNamespace(table.start, table.end) === table;
    this.drop(table);
    if (isMine && this.epochs.run === null) this.#memory = table.giveUp() ?? this.#memory;
  }

  /** Memory that is kept, if it is not far too large. */
  #takeMemory(expected: number): TableMemory | undefined {
    const memory = this.#memory;
    this.#memory = undefined;
    return memory !== undefined && memory.stamps.length <= expected * MOST_ROOM ? memory : undefined;
  }

  #noteDrop(table: SlotTable<V>): void {
    const { tracking, version, floor } = this.epochs;
    if (!tracking || table.madeIn === version) return;
    const namespace = { start: table.start, end: table.end };
    const last = this.#drops.at(-1);
    if (last !== undefined && last.version === version) {
      last.namespaces.push(namespace);
    } else {
      this.#drops = this.#drops.filter((segment) => segment.version >= floor);
      this.#drops.push({ version, namespaces: [namespace] });
    }
  }

  /** The namespaces dropped at or after `since` and before `before`. */
  drops(since: number, before: number): Namespace[] {
    return this.#drops.filter((segment) => segment.version >= since && segment.version < before).flatMap((segment) => segment.namespaces);
  }

  /** All tables, in no order. Tables may be dropped while they are visited. */
  *tables(): Generator<SlotTable<V>> {
    for (const table of this.#byGroup) if (table !== undefined) yield table;
    for (const byEnd of this.#byNamespace.values()) yield* byEnd.values();
  }

  /** Lets go of all entries. Nothing is read or written any more. */
  clear(): void {
    for (const table of this.tables()) table.clear();
    this.#byGroup.length = 0;
    this.#byNamespace.clear();
    this.#drops = [];
    this.#newest = undefined;
    this.#memory = undefined;
    this.pages?.clear();
  }

  get size(): number {
    let size = 0;
    for (const table of this.tables()) size += table.size;
    return size;
  }

  #newTable(keyGroup: number, namespace: Namespace, keys: KeySlots, expected: number = 0, memory?: TableMemory): SlotTable<V> {
    return new SlotTable<V>(this.epochs, this.id, { keyGroup, namespace, keys, cells: this.cells, timed: this.ttl !== null && !this.cells, numbers: this.codec.form?.numbers === true, expected, memory });
  }
}
