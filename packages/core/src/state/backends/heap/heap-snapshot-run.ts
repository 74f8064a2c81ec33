import { assert } from '../../../base/assert.js';
import type { Clock } from '../../../base/platform.js';
import { type KeyGroupRange, PATIENT_SLICE_MS, type SnapshotRun } from '../../backend.js';
import { BlobAssembly, writeBlob } from '../../format/blob-assembly.js';
import { type BlobHeader, OPERATOR_PART } from '../../format/key-group-blob.js';
import type { StateMeta } from '../../format/state-meta.js';
import type { KeyGroupBlob, OperatorSnapshot } from '../../operator-snapshot.js';
import type { TimerDomain } from '../../timers/timer-domain.js';
import { TimerUnit } from '../../timers/timer-unit.js';
import type { SnapshotFiles } from './snapshot-files.js';
import type { EntryWriter } from './entry-writer.js';
import type { Epochs, RunningSnapshot, TrackedTable, WrittenMap, WrittenTimer } from './epochs.js';
import type { KeyedStore } from './keyed-store.js';
import type { ListCell } from './list-cell.js';
import type { SlotTable } from './slot-table.js';
import { cellUnit, DropUnit, type SnapshotUnit, TableUnit } from './table-unit.js';

/** Entries written between two looks at the clock. */
const ENTRIES_PER_LOOK = 64;

/** A state that writes itself: operator lists, and keyed states that are not on the heap. */
export interface SnapshotPart {
  readonly id: number;
  readonly meta: StateMeta;
  /** The work of writing the state as it is now. Asked once per snapshot, at its beginning. */
  snapshot(writer: EntryWriter): SnapshotUnit;
}

/** Everything of an operator that a snapshot holds. */
export interface SnapshotContents {
  readonly stores: readonly KeyedStore<unknown>[];
  readonly timers: readonly { readonly meta: StateMeta; readonly domain: TimerDomain }[];
  readonly lists: readonly SnapshotPart[];
}

/** What a run is made from. */
export interface RunOptions {
  readonly operatorUid: string;
  readonly checkpointId: number;
  readonly basedOn: number | undefined;
  readonly range: KeyGroupRange;
  readonly maxParallelism: number;
  readonly keyType: unknown;
  readonly watermark: number;
  /** Key groups that the chain this snapshot builds on holds: only they can have a delta. */
  readonly chainKeyGroups: ReadonlySet<number>;
  /** Where large blobs go; null: everything stays in memory. */
  readonly files: SnapshotFiles | null;
  /** Told the result, once. */
  readonly finished: (result: OperatorSnapshot) => void;
}

/**
 * A snapshot of the heap being written. It begins with a list of what there is; then it walks over that in slices,
 * while whoever changes an entry that the walk has not reached sends it here first.
 *
 * What lies in tables of all key groups (windows, states on disk) comes first, then one key group after the other, each put
 * together as soon as it is written: so no more than one of them is in memory twice.
 */
export class HeapSnapshotRun implements SnapshotRun, RunningSnapshot {
  readonly version: number;
  readonly since: number;
  readonly #options: RunOptions;
  readonly #clock: Clock;
  readonly #epochs: Epochs;
  readonly #writer: EntryWriter;
  /** The states, and how each is described. */
  readonly #ids: number[];
  readonly #metas: StateMeta[];
  readonly #stores: Map<number, KeyedStore<unknown>>;
  /** The work on all key groups at once; then that on each of them. */
  readonly #units: SnapshotUnit[];
  readonly #unitsOf: (SnapshotUnit[] | undefined)[];
  /** The work under way, and the place in it. */
  #current: SnapshotUnit[];
  #unit: number;
  /** The key group that is put together, or will be next. */
  #keyGroup: number;
  /** Bytes of finished blobs that are in memory. */
  #inMemory: number;
  #assembly: BlobAssembly | null;
  #operatorState: { readonly blob: Uint8Array | undefined } | null;
  readonly #blobs: KeyGroupBlob[];
  #result: OperatorSnapshot | null;

  constructor(contents: SnapshotContents, writer: EntryWriter, epochs: Epochs, clock: Clock, options: RunOptions) {
    this.version = writer.version;
    this.since = writer.since;
    this.#options = options;
    this.#clock = clock;
    this.#epochs = epochs;
    this.#writer = writer;
    this.#ids = [];
    this.#metas = [];
    this.#stores = new Map();
    this.#units = [];
    this.#unitsOf = [];
    this.#current = this.#units;
    this.#unit = 0;
    this.#keyGroup = options.range.first - 1;
    this.#inMemory = 0;
    this.#assembly = null;
    this.#operatorState = null;
    this.#blobs = [];
    this.#result = null;
    for (const store of contents.stores) this.#addStore(store);
    for (const { meta, domain } of contents.timers) {
      this.#describe(domain.owner, meta);
      for (const group of domain.groups()) this.#unitsIn(group.keyGroup).push(new TimerUnit(writer, domain.owner, group));
    }
    for (const list of contents.lists) {
      this.#describe(list.id, list.meta);
      this.#units.push(list.snapshot(writer));
    }
  }

  advance(budgetMs: number): 'done' | 'more' {
    if (this.#result !== null) return 'done';
    if (this.#options.files !== null) this.#options.files.blobs.mayWait = budgetMs >= PATIENT_SLICE_MS;
    const deadline = this.#clock.monotonicMs() + budgetMs;
    do {
      if (this.#unit < this.#current.length) {
        if (this.#current[this.#unit]!.step(ENTRIES_PER_LOOK)) this.#unit++;
      } else if (this.#sealSome()) {
        return 'done';
      }
    } while (this.#clock.monotonicMs() < deadline);
    return 'more';
  }

  result(): OperatorSnapshot {
    assert(this.#result !== null, 'the result of a snapshot is asked for once it is done');
    return this.#result;
  }

  cancel(): void {
    if (this.#epochs.run === this) this.#epochs.run = null;
    this.#epochs.abandon(this.version);
    this.#options.files?.remove();
  }

  writePreImage(table: TrackedTable, slot: number): void {
    const slots = table as SlotTable<unknown>;
    if (slots.awaits(slot, this)) this.#writer.plain(this.#store(table), slots, slot);
  }

  writeWholeList(table: TrackedTable, slot: number): void {
    const slots = table as SlotTable<unknown>;
    this.#writer.listPiece(this.#store(table), slots, slots.keyAt(slot), slots.values[slot] as ListCell<unknown>, Infinity);
    slots.markWritten(slot, this.version);
  }

  writeMapEntry(table: TrackedTable, slot: number, map: WrittenMap, entry: number): void {
    if (!map.awaits(entry, this.version)) return;
    const slots = table as SlotTable<unknown>;
    const since = this.#writer.sinceOfKey(slots, slots.keyAt(slot));
    const isIncluded = since === 0 || (map.changedSince(entry, since) && !this.#hasPassed(slots));
    map.markWritten(entry, this.version);
    if (isIncluded) this.#writer.mapEntries(this.#store(table), slots, slots.keyAt(slot), map, [entry]);
  }

  adoptCell(table: TrackedTable, slot: number): void {
    const slots = table as SlotTable<unknown>;
    const since = this.#writer.sinceOfKey(slots, slots.keyAt(slot));
    if (since !== 0 && !slots.changedSince(slot, since)) return;
    if (this.#hasPassed(slots)) {
      assert(since !== 0, 'a base has written every cell before it goes on to the next part');
      return;
    }
    this.#unitsIn(slots.keyGroup).push(cellUnit(this.#writer, this.#store(table), slots, slot));
  }

  /**
   * Whether all that has to be written of a table is written. What is asked for after that was changed when the snapshot had begun, or
   * written by one that was given up: a delta cannot tell that from what it has to hold, but it has been here.
   */
  #hasPassed({ keyGroup }: SlotTable<unknown>): boolean {
    if (keyGroup < 0) return this.#current !== this.#units;
    return keyGroup < this.#keyGroup || (keyGroup === this.#keyGroup && this.#assembly !== null);
  }

  writeTimer(owner: number, keyGroup: number, timer: WrittenTimer): void {
    const since = this.#writer.sinceOf(keyGroup);
    if (since === 0 || timer.madeIn >= since) this.#writer.timer(owner, keyGroup, timer);
  }

  #describe(id: number, meta: StateMeta): void {
    this.#ids.push(id);
    this.#metas.push(meta);
  }

  #addStore(store: KeyedStore<unknown>): void {
    this.#stores.set(store.id, store);
    this.#describe(store.id, store.meta);
    if (this.since !== 0 && store.namespaced) {
      const dropped = store.drops(this.since, this.version);
      if (dropped.length > 0) this.#units.push(new DropUnit(this.#writer, store, dropped));
    }
    for (const table of store.tables()) this.#unitsIn(table.keyGroup).push(new TableUnit(this.#writer, store, table));
  }

  /** The work on a key group; on all of them at once where it is none of this subtask's (-1, and that of broadcast states). */
  #unitsIn(keyGroup: number): SnapshotUnit[] {
    const { first, last } = this.#options.range;
    if (keyGroup < first || keyGroup > last) return this.#units;
    return (this.#unitsOf[keyGroup - first] ??= []);
  }

  #store(table: TrackedTable): KeyedStore<unknown> {
    const store = this.#stores.get(table.owner);
    assert(store !== undefined, 'a table belongs to a state of its backend');
    return store;
  }

  /** The work on a part is done: does some of the work of putting its blob together, then goes on with the next part; true after the last. */
  #sealSome(): boolean {
    if (this.#assembly !== null) {
      const blob = this.#assembly.step();
      if (blob === undefined) return false;
      this.#blobs.push(blob);
      this.#inMemory += blob.bytes?.length ?? 0;
      this.#assembly = null;
      this.#writer.forget(this.#keyGroup);
      this.#nextKeyGroup();
      return false;
    }
    const { range, files } = this.#options;
    if (this.#keyGroup < range.first) this.#nextKeyGroup();
    // Most key groups of a small state have nothing to write: many of them go between two looks at the clock.
    for (let count = 0; count < ENTRIES_PER_LOOK && this.#keyGroup <= range.last && this.#current.length === this.#unit && this.#assembly === null; count++) this.#beginAssembly();
    if (this.#keyGroup <= range.last) return false;
    // Everything is written, so nobody has to send pre-images any more.
    if (this.#epochs.run === this) this.#epochs.run = null;
    this.#operatorState ??= { blob: this.#operatorPart() };
    if (files !== null && !files.finish()) return false;
    this.#writer.finish();
    const file = files?.whole();
    this.#result = Object.freeze({
      operatorUid: this.#options.operatorUid,
      checkpointId: this.#options.checkpointId,
      maxParallelism: this.#options.maxParallelism,
      keyGroups: Object.freeze(this.#blobs),
      operatorState: this.#operatorState.blob,
      watermark: this.#options.watermark,
      basedOn: this.#options.basedOn,
      ...(file === undefined ? {} : { file }),
    });
    this.#options.finished(this.#result);
    return true;
  }

  #nextKeyGroup(): void {
    const index = ++this.#keyGroup - this.#options.range.first;
    this.#current = this.#unitsOf[index] ?? [];
    this.#unit = 0;
  }

  #beginAssembly(): void {
    const { chainKeyGroups, files } = this.#options;
    const keyGroup = this.#keyGroup;
    this.#writer.close(keyGroup);
    const sections = this.#sections(keyGroup);
    const rebased = this.#writer.rebased.has(keyGroup);
    // A base that is empty has to be there, too: it takes the place of what the key group had.
    if (!rebased && sections.every((section) => section === undefined || section.isEmpty)) return this.#nextKeyGroup();
    const header = this.#header(keyGroup, chainKeyGroups.has(keyGroup) && !rebased ? 'delta' : 'base');
    this.#assembly = new BlobAssembly(header, sections, files?.placeFor(sections, this.#inMemory) ?? null);
  }

  #operatorPart(): Uint8Array | undefined {
    const sections = this.#sections(this.#options.range.last + 1);
    const declared = this.#metas.some((meta) => meta.kind === 'broadcast' || meta.kind === 'operatorList' || meta.kind === 'operatorUnion');
    if (!declared && sections.every((section) => section === undefined)) return undefined;
    return writeBlob(this.#header(OPERATOR_PART, 'base'), sections);
  }

  #sections(keyGroup: number): (ReturnType<EntryWriter['section']> | undefined)[] {
    const index = keyGroup - this.#options.range.first;
    return this.#ids.map((id) => this.#writer.sections.get(id)?.[index]);
  }

  #header(keyGroup: number, kind: 'base' | 'delta'): BlobHeader {
    const { operatorUid, maxParallelism, checkpointId, watermark, keyType } = this.#options;
    return { operatorUid, keyGroup, kind, maxParallelism, checkpointId, watermark, keyType, states: this.#metas };
  }
}
