import { assert } from '../../../base/assert.js';
import type { ByteWriter } from '../../../base/bytes.js';
import { giveBack } from '../../../base/own-memory.js';
import { TextBlock } from '../../../record/codec/text-block.js';
import { keyGroupOf } from '../../../record/key-hash.js';
import type { KeyGroupRange } from '../../backend.js';
import { encodeFailure } from '../../format/encode-failure.js';
import { SectionWriter, type StreamSpill } from '../../format/section-writer.js';
import { TAG } from '../../format/tags.js';
import type { ValueCodec } from '../../format/value-codec.js';
import { MADE, type WrittenMap, type WrittenTimer } from './epochs.js';
import type { KeyedStore } from './keyed-store.js';
import type { ListCell } from './list-cell.js';
import type { SectionSizes } from './section-sizes.js';
import type { SlotTable } from './slot-table.js';

/** Fewer values are not worth making their texts together. */
const FEWEST_VALUES = 3;

/** Older than any entry. */
const ALWAYS = -MADE;

/** What an entry writer is made from. */
export interface EntryWriterOptions {
  readonly operatorUid: string;
  readonly range: KeyGroupRange;
  readonly maxParallelism: number;
  readonly keyCodec: ValueCodec;
  readonly version: number;
  readonly since: number;
  /** Key groups that are written as bases though the others are deltas. */
  readonly rebased: ReadonlySet<number>;
  /** Key groups that the chain a delta builds on holds. */
  readonly chainKeyGroups: ReadonlySet<number>;
  /** How large sections were in the snapshots before; told how large they are in this one. */
  readonly sizes: SectionSizes;
  /** Where what outgrows the memory goes; null: all of it stays. */
  readonly spill: StreamSpill | null;
}

/** Encodes the entries of one snapshot into a section per state and key group. */
export class EntryWriter {
  readonly version: number;
  /** What was touched at or after this version belongs to a delta; 0 when all key groups are written as bases. */
  readonly since: number;
  readonly rebased: ReadonlySet<number>;
  /** Sections by state, then by key group; the place after the last key group is the operator's own part. */
  readonly sections: Map<number, (SectionWriter | undefined)[]>;
  /** Texts of the values that are written next. */
  readonly texts: TextBlock;
  readonly #options: EntryWriterOptions;
  /** Memory of sections that are given up, by state: the next one of the same state is written there. */
  readonly #spare: Map<number, ByteWriter>;
  /** The key groups before it are put together: nothing can be added to them. */
  #firstOpen: number;
  /** By key group: what the entries of windows have to be as new as; null until a window is written. */
  #oldest: Int32Array | null;

  constructor(options: EntryWriterOptions) {
    this.version = options.version;
    this.since = options.since;
    this.rebased = options.rebased;
    this.sections = new Map();
    this.texts = new TextBlock();
    this.#options = options;
    this.#spare = new Map();
    this.#firstOpen = options.range.first;
    this.#oldest = null;
  }

  /** As `since`, for one key group. */
  sinceOf(keyGroup: number): number {
    return this.rebased.size > 0 && this.rebased.has(keyGroup) ? 0 : this.since;
  }

  /** As `since`, for a key of a table. */
  sinceOfKey(table: SlotTable<unknown>, key: unknown): number {
    if (this.rebased.size === 0) return this.since;
    return this.sinceOf(this.#keyGroupOf(table, key));
  }

  /** Whether the snapshot has to hold the entry of a slot. */
  includes(store: KeyedStore<unknown>, table: SlotTable<unknown>, slot: number): boolean {
    return this.#includes(store, table, slot, table.keyToWrite(slot));
  }

  #includes(store: KeyedStore<unknown>, table: SlotTable<unknown>, slot: number, key: unknown): boolean {
    if (store.whole) return true;
    const since = this.sinceOfKey(table, key);
    if (since === 0) return true;
    return table.changedSince(slot, since) && !this.#isClosed(table, key);
  }

  /**
   * As `#includes`, but true where it takes the key to know: where the key group is known it is not read. Most entries that are touched while
   * a delta is written are not part of it, and each that is looked at would be waited for.
   */
  #mayInclude(store: KeyedStore<unknown>, table: SlotTable<unknown>, slot: number): boolean {
    const { keyGroup } = table;
    if (keyGroup < 0 || store.whole) return true;
    const since = this.sinceOf(keyGroup);
    return since === 0 || (keyGroup >= this.#firstOpen && table.changedSince(slot, since));
  }

  /** Whether the key group of a key is put together. What a delta had to hold is written then; `changedSince` says yes to a little more. */
  #isClosed(table: SlotTable<unknown>, key: unknown): boolean {
    return this.#firstOpen > this.#options.range.first && this.#keyGroupOf(table, key) < this.#firstOpen;
  }

  /** The section of a state in a key group. */
  section(owner: number, keyGroup: number): SectionWriter {
    const byGroup = this.#sectionsOf(owner);
    const index = keyGroup - this.#options.range.first;
    let section = byGroup[index];
    if (section === undefined) {
      assert(keyGroup >= this.#firstOpen, 'what belongs to a snapshot is written before its key group is put together');
      while (byGroup.length <= index) byGroup.push(undefined);
      const { spill, sizes } = this.#options;
      section = new SectionWriter(spill, sizes.expected(owner, index, this.sinceOf(keyGroup) === 0), this.#spare.get(owner));
      this.#spare.delete(owner);
      byGroup[index] = section;
    }
    return section;
  }

  #sectionsOf(owner: number): (SectionWriter | undefined)[] {
    let byGroup = this.sections.get(owner);
    if (byGroup === undefined) {
      byGroup = [];
      this.sections.set(owner, byGroup);
    }
    return byGroup;
  }

  /** Nothing is added any more to this key group and those before it. */
  close(keyGroup: number): void {
    this.#firstOpen = keyGroup + 1;
  }

  /** Gives up the sections of a key group, whose blob is written. */
  forget(keyGroup: number): void {
    const index = keyGroup - this.#options.range.first;
    for (const [owner, byGroup] of this.sections) {
      const section = byGroup[index];
      if (section === undefined) continue;
      this.#options.sizes.note(owner, index, this.sinceOf(keyGroup) === 0, section.entries.length);
      const memory = section.forget();
      byGroup[index] = undefined;
      // Sections of key groups further on that hold pre-images have memory of their own. One is enough for the rest of the walk.
      if (this.#spare.has(owner)) giveBack(memory.memory);
      else this.#spare.set(owner, memory);
    }
  }

  /** All is written: gives up what is left of the memory. */
  finish(): void {
    for (const memory of this.#spare.values()) giveBack(memory.memory);
    this.#spare.clear();
  }

  /** Looks at the values of slots that are written next, from one of them on; says before which it has stopped. */
  announce(store: KeyedStore<unknown>, table: SlotTable<unknown>, slots: readonly number[], from: number): number {
    const { texts } = this;
    const { noteTexts } = store.codec;
    if (noteTexts === null) return slots.length;
    let at = from;
    texts.clear();
    try {
      while (at < slots.length && !texts.isFull) noteTexts(table.values[slots[at++]!], texts);
    } catch {
      // A value that cannot be read is reported with its key when it is written.
      texts.clear();
    }
    texts.make();
    return at;
  }

  /** Writes the entry of a slot, when the snapshot has to hold it, and marks it. */
  plain(store: KeyedStore<unknown>, table: SlotTable<unknown>, slot: number): void {
    if (!this.#mayInclude(store, table, slot)) return table.markWritten(slot, this.version);
    const key = table.keyToWrite(slot);
    const included = table.keyGroup >= 0 || this.#includes(store, table, slot, key);
    table.markWritten(slot, this.version);
    if (!included) return;
    const bytes = this.#section(table, key).entries.begin(TAG.value, table.start, table.end);
    try {
      this.#key(store, key, bytes);
      if (table.times !== null) bytes.f64(table.times[slot]!);
      store.codec.encode(table.values[slot], bytes, this.texts);
    } catch (error) {
      throw encodeFailure(this.#options.operatorUid, store.name, key, error);
    }
  }

  /**
   * Writes the entries of slots that the snapshot waits for (`SlotTable.due`), from one of them up to another, while their table is being walked over.
   * Where it is that of a key group, all of them go into one section, and nothing has to be asked for each.
   */
  together(store: KeyedStore<unknown>, table: SlotTable<unknown>, slots: readonly number[], from: number, end: number): void {
    if (store.whole) {
      for (let at = from; at < end; at++) this.plain(store, table, slots[at]!);
      return;
    }
    if (table.keyGroup < 0) return this.#ofWindow(store, table, slots, from, end);
    const { entries } = this.section(table.owner, table.keyGroup);
    const { version, texts } = this;
    const { keyCodec } = this.#options;
    const { codec } = store;
    let key: unknown = undefined;
    try {
      for (let at = from; at < end; at++) {
        const slot = slots[at]!;
        key = table.keyToWrite(slot);
        table.markWritten(slot, version);
        const bytes = entries.begin(TAG.value, table.start, table.end);
        keyCodec.encode(key, bytes);
        if (table.times !== null) bytes.f64(table.times[slot]!);
        codec.encode(table.values[slot], bytes, texts);
      }
    } catch (error) {
      throw encodeFailure(this.#options.operatorUid, store.name, key, error);
    }
  }

  /**
   * As `together`, where each key goes into the section of its key group. A base and a delta take the same way: what is compiled while the first base is
   * written is not thrown away by the first delta.
   */
  #ofWindow(store: KeyedStore<unknown>, table: SlotTable<unknown>, slots: readonly number[], from: number, end: number): void {
    const { version, texts } = this;
    const { keyCodec, maxParallelism, range } = this.#options;
    const { codec } = store;
    const { owner } = table;
    const sections = this.#sectionsOf(owner);
    const oldest = (this.#oldest ??= this.#oldestByGroup());
    let key: unknown = undefined;
    try {
      for (let at = from; at < end; at++) {
        const slot = slots[at]!;
        key = table.keyToWrite(slot);
        const keyGroup = keyGroupOf(key, maxParallelism);
        const index = keyGroup - range.first;
        const included = table.changedSince(slot, oldest[index]!);
        table.markWritten(slot, version);
        if (!included) continue;
        const bytes = (sections[index] ?? this.section(owner, keyGroup)).entries.begin(TAG.value, table.start, table.end);
        keyCodec.encode(key, bytes);
        if (table.times !== null) bytes.f64(table.times[slot]!);
        codec.encode(table.values[slot], bytes, texts);
      }
    } catch (error) {
      throw encodeFailure(this.#options.operatorUid, store.name, key, error);
    }
  }

  /** As `sinceOf`, for all key groups, but that everything is as new as what a base has to hold. */
  #oldestByGroup(): Int32Array {
    const { first, last } = this.#options.range;
    const oldest = new Int32Array(last - first + 1);
    for (let keyGroup = first; keyGroup <= last; keyGroup++) oldest[keyGroup - first] = this.sinceOf(keyGroup) || ALWAYS;
    return oldest;
  }

  /** Writes up to `limit` more elements of a list; true when all that belong to the snapshot are written. */
  listPiece(store: KeyedStore<unknown>, table: SlotTable<unknown>, key: unknown, cell: ListCell<unknown>, limit: number): boolean {
    const { from, replaces } = cell.startFor(this.sinceOfKey(table, key));
    const end = cell.lengthAt(this.version);
    const begun = cell.cursor(this.version);
    const start = begun ?? from;
    const next = Math.min(end, start + limit);
    if (next > start) {
      const tag = replaces && begun === undefined ? TAG.listReplace : TAG.listAppend;
      const bytes = this.#section(table, key).entries.begin(tag, table.start, table.end);
      try {
        this.#key(store, key, bytes);
        bytes.varint53(next - start);
        const texts = this.#textsOf(store.codec, next - start, (at) => cell.items[start + at]);
        for (let i = start; i < next; i++) {
          if (cell.times !== null) bytes.f64(cell.times[i]!);
          store.codec.encode(cell.items[i], bytes, texts);
        }
      } catch (error) {
        throw encodeFailure(this.#options.operatorUid, store.name, key, error);
      }
      cell.setCursor(this.version, next);
    }
    return next >= end;
  }

  /** Writes the entries in some slots of a map; the caller has marked them. */
  mapEntries(store: KeyedStore<unknown>, table: SlotTable<unknown>, key: unknown, map: WrittenMap, slots: readonly number[]): void {
    if (slots.length === 0) return;
    const bytes = this.#section(table, key).entries.begin(TAG.mapEntries, table.start, table.end);
    try {
      this.#key(store, key, bytes);
      bytes.varint53(slots.length);
      const texts = this.#textsOf(store.codec, slots.length, (at) => map.valueAt(slots[at]!));
      for (const slot of slots) {
        store.mapKeyCodec!.encode(map.keyAt(slot), bytes);
        if (store.ttl !== null) bytes.f64(map.timeAt(slot));
        store.codec.encode(map.valueAt(slot), bytes, texts);
      }
    } catch (error) {
      throw encodeFailure(this.#options.operatorUid, store.name, key, error);
    }
  }

  /** Writes that a key is gone. */
  removedKey(store: KeyedStore<unknown>, table: SlotTable<unknown>, key: unknown): void {
    this.#key(store, key, this.#section(table, key).removals().begin(TAG.removeKey, table.start, table.end));
  }

  /** Writes that an entry of a map is gone. */
  removedMapKey(store: KeyedStore<unknown>, table: SlotTable<unknown>, key: unknown, mapKey: unknown): void {
    const bytes = this.#section(table, key).removals().begin(TAG.removeMapEntry, table.start, table.end);
    this.#key(store, key, bytes);
    store.mapKeyCodec!.encode(mapKey, bytes);
  }

  /** The key groups that may have had keys of a namespace that is gone, and are not written as bases. */
  deltaKeyGroups(): number[] {
    return [...this.#options.chainKeyGroups].filter((keyGroup) => !this.rebased.has(keyGroup));
  }

  /** Writes a timer. */
  timer(owner: number, keyGroup: number, timer: WrittenTimer): void {
    const { namespace } = timer;
    const bytes = this.section(owner, keyGroup).entries.begin(TAG.timer, namespace?.start ?? 0, namespace?.end ?? 0);
    this.#options.keyCodec.encode(timer.key, bytes);
    bytes.f64(timer.time);
    bytes.varint53(timer.sequence);
    bytes.u8(namespace === null ? 0 : 1);
  }

  /** Writes that a timer is gone. */
  removedTimer(owner: number, keyGroup: number, timer: WrittenTimer): void {
    const { namespace } = timer;
    const bytes = this.section(owner, keyGroup).removals().begin(TAG.removeTimer, namespace?.start ?? 0, namespace?.end ?? 0);
    this.#options.keyCodec.encode(timer.key, bytes);
    bytes.f64(timer.time);
    bytes.u8(namespace === null ? 0 : 1);
  }

  /** Writes a piece of an operator list. */
  elements(owner: number, name: string, codec: ValueCodec, items: readonly unknown[]): void {
    const bytes = this.section(owner, this.#options.range.last + 1).entries.begin(TAG.elements, 0, 0);
    bytes.varint53(items.length);
    try {
      for (const item of items) codec.encode(item, bytes);
    } catch (error) {
      throw encodeFailure(this.#options.operatorUid, name, 'none (operator list)', error);
    }
  }

  /** Makes the texts of values ready that are written together. */
  #textsOf({ noteTexts }: ValueCodec, count: number, valueAt: (index: number) => unknown): TextBlock | null {
    if (noteTexts === null || count < FEWEST_VALUES) return null;
    const { texts } = this;
    texts.clear();
    for (let at = 0; at < count && !texts.isFull; at++) noteTexts(valueAt(at), texts);
    texts.make();
    return texts;
  }

  #key(store: KeyedStore<unknown>, key: unknown, bytes: ByteWriter): void {
    if (store.whole) store.mapKeyCodec!.encode(key, bytes);
    else this.#options.keyCodec.encode(key, bytes);
  }

  #section(table: SlotTable<unknown>, key: unknown): SectionWriter {
    return this.section(table.owner, this.#keyGroupOf(table, key));
  }

  #keyGroupOf(table: SlotTable<unknown>, key: unknown): number {
    return table.keyGroup >= 0 ? table.keyGroup : keyGroupOf(key, this.#options.maxParallelism);
  }
}
