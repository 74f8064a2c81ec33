import { setFlagsFromString } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { Epochs, type RunningSnapshot } from './epochs.js';
import { KeySlots } from './key-slots.js';
import { prepareTables } from './prepare-tables.js';
import { SlotTable, VOID } from './slot-table.js';

/** The bit of the status that says that a function is compiled for speed. */
const OPTIMIZED = 1 << 4;

const ENTRIES = 1_000;

type Use = (table: SlotTable<unknown>, slot: number) => void;

/** Whether code that uses a table, compiled before any snapshot, is still compiled when one has begun and entries are used for the first time since. */
function staysCompiled(use: Use): boolean {
  const epochs = new Epochs(true);
  const table = new SlotTable<unknown>(epochs, 0, { keyGroup: 0, namespace: VOID, keys: new KeySlots(), cells: false, timed: false, numbers: false, expected: 0 });
  for (let key = 0; key < ENTRIES; key++) table.insert(key, { count: key });
  const useAll = (): void => {
    for (let slot = 0; slot < ENTRIES; slot++) use(table, slot);
  };
  const takeSnapshot = (): void => {
    epochs.run = new CountingSnapshot(epochs.begin(1));
    useAll();
    epochs.run = null;
    useAll();
  };
  setFlagsFromString('--allow-natives-syntax');
  try {
    const check = new Function('use', 'table', 'useAll', 'takeSnapshot', 'OPTIMIZED', `
      %PrepareFunctionForOptimization(use);
      useAll();
      %OptimizeFunctionOnNextCall(use);
      use(table, 0);
      if ((%GetOptimizationStatus(use) & OPTIMIZED) === 0) throw new Error('it was not compiled');
      takeSnapshot();
      return (%GetOptimizationStatus(use) & OPTIMIZED) !== 0;`) as (use: Use, table: SlotTable<unknown>, useAll: () => void, takeSnapshot: () => void, bit: number) => boolean;
    return check(use, table, useAll, takeSnapshot, OPTIMIZED);
  } finally {
    setFlagsFromString('--no-allow-natives-syntax');
  }
}

/** Stands for a snapshot as tables see it. */
class CountingSnapshot implements RunningSnapshot {
  readonly version: number;
  readonly since: number;
  preImages: number;

  constructor(version: number) {
    this.version = version;
    this.since = 0;
    this.preImages = 0;
  }

  writePreImage(table: SlotTable<unknown>, slot: number): void {
    this.preImages++;
    table.markWritten(slot, this.version);
  }

  writeWholeList(): void {}
  writeMapEntry(): void {}
  adoptCell(): void {}
  writeTimer(): void {}
}

describe('tables in a thread that was prepared', () => {
  it('leave compiled the code that touches entries when the first snapshot begins', () => {
    prepareTables();
    expect(staysCompiled((table, slot) => table.touch(slot))).toBe(true);
  });

  it('leave compiled the code that reads values to change them', () => {
    prepareTables();
    expect(staysCompiled((table, slot) => table.beforeRead(slot))).toBe(true);
  });

  it('leave compiled the code that looks for what a base has to hold when it looks for a delta', () => {
    prepareTables();
    const epochs = new Epochs(true);
    const table = new SlotTable<unknown>(epochs, 0, { keyGroup: 0, namespace: VOID, keys: new KeySlots(), cells: false, timed: false, numbers: false, expected: 0 });
    for (let key = 0; key < ENTRIES; key++) table.insert(key, key);
    const since = epochs.begin(1);
    const look = (from: number): number[] => {
      const slots: number[] = [];
      for (let at = 0; at < ENTRIES; ) at = table.due(at, ENTRIES, from, epochs.version, slots, ENTRIES);
      return slots;
    };
    expect(look(0)).toHaveLength(ENTRIES);
    setFlagsFromString('--allow-natives-syntax');
    try {
      const compile = new Function('due', 'look', `%PrepareFunctionForOptimization(due); look(0); %OptimizeFunctionOnNextCall(due); look(0);`) as (due: unknown, look: unknown) => void;
      const status = new Function('due', `return %GetOptimizationStatus(due);`) as (due: unknown) => number;
      const { due } = SlotTable.prototype;
      compile(due, look);
      expect(status(due) & OPTIMIZED).toBe(OPTIMIZED);
      // All blocks but two are passed over.
      for (const slot of [300, 301, 990]) table.touch(slot);
      epochs.begin(2);
      expect(look(since)).toEqual([300, 301, 990]);
      expect(status(due) & OPTIMIZED).toBe(OPTIMIZED);
    } finally {
      setFlagsFromString('--no-allow-natives-syntax');
    }
  });
});
