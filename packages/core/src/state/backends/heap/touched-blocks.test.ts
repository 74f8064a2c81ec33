import { describe, expect, it } from 'vitest';
import { t } from '../../../record/types/t.js';
import { kitBackend } from '../../../testing/state-backend-kit.js';
import type { StateBackend } from '../../backend.js';
import { blobLength } from '../../blob-bytes.js';
import type { ListState, ValueState } from '../../handles.js';
import type { OperatorSnapshot } from '../../operator-snapshot.js';
import { appendToChain } from '../../snapshot-chain.js';
import { state } from '../../state-builders.js';
import { Epochs, type RunningSnapshot } from './epochs.js';
import { heapStateBackendFactory } from './heap-state-backend.js';
import { KeySlots } from './key-slots.js';
import { SlotTable, VOID } from './slot-table.js';

const MINUTE = Object.freeze({ start: 0, end: 60_000 });
/** What an entry of a key with its 40 characters takes at the most. */
const ENTRY_BYTES = 64;
/** Header and names of states. */
const HEADER_BYTES = 400;

/** A backend whose keys are all in one key group, with a value, a list, and a value in a window for each. */
class OneGroup {
  readonly backend: StateBackend;
  readonly value: ValueState<string>;
  readonly list: ListState<number>;
  readonly windowed: ValueState<string>;

  constructor(restored?: OperatorSnapshot) {
    this.backend = kitBackend(heapStateBackendFactory, { keyGroups: { first: 0, last: 0 }, maxParallelism: 1, keyType: t.number });
    if (restored !== undefined) this.backend.restore([restored]);
    this.value = this.backend.keyedState('v', state.value(t.string));
    this.list = this.backend.keyedState('l', state.list(t.number));
    this.windowed = this.backend.keyedState('w', state.value(t.string), { namespaced: true });
  }

  put(key: number, round: number): void {
    const text = `${round}`.padEnd(40);
    this.#at(key);
    this.value.update(text);
    this.list.add(round);
    this.windowed.update(text);
  }

  clear(key: number): void {
    this.#at(key);
    this.value.clear();
    this.list.clear();
    this.windowed.clear();
  }

  get(key: number): unknown {
    this.#at(key);
    return { value: this.value.value(), list: [...this.list.get()], windowed: this.windowed.value() };
  }

  #at(key: number): void {
    this.backend.setCurrentKey(key);
    this.backend.setCurrentNamespace(MINUTE);
  }
}

describe('blocks of slots that were touched', () => {
  it('a delta of a table that grows from one block to many holds what was touched anywhere in it, and no more', () => {
    const group = new OneGroup();
    let random = 1;
    const roll = (sides: number): number => ((random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0) >>> 8) % sides;
    let chain: OperatorSnapshot | undefined;
    let keys = 20;
    for (let key = 0; key < keys; key++) group.put(key, 0);
    for (let round = 1; round <= 40; round++) {
      const touched = new Set<number>();
      for (let count = round % 4; count > 0; count--) touched.add(roll(keys));
      for (const key of touched) if (roll(4) === 0) group.clear(key);
      else group.put(key, round);
      for (let more = round % 8 === 0 ? keys : 0; more > 0; more--) {
        touched.add(keys);
        group.put(keys++, round);
      }
      const expected = new Map(Array.from({ length: keys }, (_, key) => [key, group.get(key)]));
      const run = group.backend.beginSnapshot(round);
      // It goes on changing while the snapshot is written, and grows.
      for (let step = 0; run.advance(0) === 'more'; step++) if (step < 50) group.put(roll(keys), round);
      const snapshot = run.result();
      // One in five is never heard of again: the next holds what it held.
      if (round % 5 === 3) {
        for (const key of expected.keys()) group.put(key, round);
        continue;
      }
      chain = chain === undefined ? snapshot : appendToChain(chain, snapshot);
      group.backend.snapshotComplete(round);
      const again = new OneGroup(chain);
      for (const [key, held] of expected) expect(again.get(key)).toEqual(held);
    }
    expect(keys).toBeGreaterThan(500);
  });

  it('of 2,000 keys a delta has the bytes of the two that were touched', () => {
    const group = new OneGroup();
    const snapshot = (id: number): number => {
      const run = group.backend.beginSnapshot(id);
      while (run.advance(0) === 'more');
      group.backend.snapshotComplete(id);
      return run.result().keyGroups.reduce((sum, blob) => sum + blobLength(blob), 0);
    };
    for (let key = 0; key < 2000; key++) group.put(key, 0);
    expect(snapshot(1)).toBeGreaterThan(2000 * 40);
    group.put(3, 1);
    group.put(1999, 1);
    const bytes = snapshot(2);
    expect(bytes).toBeGreaterThan(2 * 2 * 40);
    expect(bytes).toBeLessThan(HEADER_BYTES + 2 * 3 * ENTRY_BYTES);
    expect(snapshot(3)).toBeLessThan(HEADER_BYTES);
  });

  it('leads past blocks that nobody has touched since', () => {
    const epochs = new Epochs(true);
    const table = newTable(epochs);
    for (let key = 0; key < 1000; key++) table.insert(key, key);
    const since = epochs.begin(1);
    expect(table.nextTouched(0, since)).toBeGreaterThanOrEqual(1000);
    table.touch(300);
    table.touch(999);
    expect(table.nextTouched(0, since)).toBe(256);
    expect(table.nextTouched(257, since)).toBe(257);
    expect(table.nextTouched(320, since)).toBe(960);
    const later = epochs.begin(2);
    table.touch(5);
    expect(table.nextTouched(0, later)).toBe(0);
    expect(table.nextTouched(64, later)).toBeGreaterThanOrEqual(1000);
  });

  it('lists what a snapshot waits for, in pieces: all of it for a base, what was touched since for a delta', () => {
    const epochs = new Epochs(true);
    const table = newTable(epochs);
    for (let key = 0; key < 10_000; key++) table.insert(key, key);
    const base = epochs.begin(1);
    const all = everythingDue(table, 0, base);
    expect(all.slots).toEqual(Array.from({ length: 10_000 }, (_, slot) => slot));
    for (const slot of all.slots) table.markWritten(slot, base);
    expect(everythingDue(table, 0, base).slots).toEqual([]);
    for (const slot of [3, 64, 65, 4095, 4096, 9999]) table.touch(slot);
    table.removeSlot(65);
    const delta = epochs.begin(2);
    table.touch(4);
    table.markWritten(4096, delta);
    const changed = everythingDue(table, base, delta);
    expect(changed.slots).toEqual([3, 64, 4095, 9999]);
    expect(changed.steps).toBeLessThan(all.steps);
  });

  it.each([40, 1000])('tells a running snapshot of an entry before it is changed, once in each version: table of %i', (size) => {
    const epochs = new Epochs(true);
    const table = newTable(epochs);
    for (let key = 0; key < size; key++) table.insert(key, key);
    for (let checkpoint = 1; checkpoint <= 3; checkpoint++) {
      const told: number[] = [];
      const version = epochs.begin(checkpoint);
      epochs.run = {
        version,
        since: 0,
        writePreImage: (_table, slot) => {
          told.push(slot);
          table.markWritten(slot, version);
        },
      } as RunningSnapshot;
      table.beforeRead(7);
      for (let again = 0; again < 2; again++) for (const slot of [7, 8, 31, 32, 39]) table.touch(slot);
      table.beforeRead(8);
      expect(told).toEqual([7, 8, 31, 32, 39]);
      table.removeSlot(8);
      expect(table.slot(table.keyAt(table.insert('new', 0)))).toBe(8);
      table.touch(8);
      // What is added makes the table grow once it is full.
      for (let more = 0; more < size; more++) table.insert(`${checkpoint}-${more}`, 0);
      table.touch(31);
      table.touch(33);
      expect(told).toEqual([7, 8, 31, 32, 39, 33]);
      table.remove('new');
      table.insert(8, 0);
      epochs.run = null;
    }
  });
});

function newTable(epochs: Epochs): SlotTable<number> {
  return new SlotTable<number>(epochs, 0, { keyGroup: 0, namespace: VOID, keys: new KeySlots(), cells: false, timed: false, numbers: true, expected: 0 });
}

function everythingDue(table: SlotTable<number>, since: number, version: number): { slots: number[]; steps: number } {
  const slots: number[] = [];
  let steps = 0;
  for (let at = 0; at < table.slotLimit; steps++) {
    const piece: number[] = [];
    at = table.due(at, table.slotLimit, since, version, piece, 64);
    expect(piece.length).toBeLessThanOrEqual(64);
    slots.push(...piece);
  }
  return { slots, steps };
}
