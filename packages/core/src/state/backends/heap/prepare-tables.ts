import { Epochs, type RunningSnapshot } from './epochs.js';
import { KeySlots } from './key-slots.js';
import { SlotTable, VOID } from './slot-table.js';

/** A table without bits for its entries, and one with, of several blocks. */
const SIZES: readonly number[] = [64, 192];
/**
 * As many shapes of a snapshot, one in each round, that V8 expects none in particular any more: it would expect the one it has seen here, and throw code away at the real one. It begins to note what a
 * function sees after some ten of its calls, so these are enough for each way through it; and they are too few for it to be compiled.
 */
const ROUNDS = 8;
/** The entries that are used: the first ones. */
const USED = 16;
/** A snapshot looks at those from here on. */
const LOOKED_AT_FROM = 60;
/** Entries that a snapshot takes together. */
const TAKEN = 64;

let isPrepared = false;

/**
 * To be called in a thread before its work begins, where checkpoints are taken. What a record asks its table for goes other ways once there has been a checkpoint,
 * and code that was compiled before any was seen is thrown away with all that it was compiled into, which is the job's whole loop. It is compiled anew in the midst of the first
 * checkpoint, and what is put into what this time is left to chance. Here the tables go all of these ways once before there is any code.
 */
export function prepareTables(): void {
  if (isPrepared) return;
  isPrepared = true;
  for (const size of SIZES) rehearse(size);
}

function rehearse(size: number): void {
  const epochs = new Epochs(true);
  const table = emptyTable(epochs, size);
  for (let round = 1; round <= ROUNDS; round++) {
    useAll(table);
    epochs.run = silentSnapshot(epochs.begin(round), round);
    // Half of the entries are first read, and half are first changed.
    for (let slot = 0; slot < USED; slot += 2) table.beforeRead(slot);
    useAll(table);
    useAll(table);
    lookForAll(table, size);
    epochs.run = null;
    useAll(table);
    epochs.begin(ROUNDS + round);
    useAll(table);
  }
}

function useAll(table: SlotTable<unknown>): void {
  for (let slot = 0; slot < USED; slot++) {
    table.touch(slot);
    table.beforeRead(slot);
  }
}

/** As a base looks for what it has to hold, and as a delta does. */
function lookForAll(table: SlotTable<unknown>, size: number): void {
  const { version } = table.epochs;
  for (const since of [0, version]) {
    const slots: number[] = [];
    for (let at = LOOKED_AT_FROM; at < size; slots.length = 0) at = table.due(at, size, since, version, slots, TAKEN);
  }
}

/** A table whose entries are as old as restored ones. No key and no value is put into it: what kinds of them there are the job is to show. */
function emptyTable(epochs: Epochs, size: number): SlotTable<unknown> {
  const keys = new KeySlots();
  const values: unknown[] = [];
  values.length = size;
  const memory = { keys, values, stamps: new Int32Array(size), touched: new Int32Array(size) };
  const table = new SlotTable<unknown>(epochs, 0, { keyGroup: 0, namespace: VOID, keys, cells: false, timed: false, numbers: false, expected: size, memory });
  table.slotLimit = size;
  return table;
}

/** A snapshot that writes nothing; of another shape for each `round`, and with two ways to do so, lest one be put into the code of tables. */
function silentSnapshot(version: number, round: number): RunningSnapshot {
  return {
    [`round${round}`]: round,
    version,
    since: 0,
    writePreImage: round % 2 === 0 ? () => {} : (table, slot) => (table as SlotTable<unknown>).markWritten(slot, version),
    writeWholeList() {},
    writeMapEntry() {},
    adoptCell() {},
    writeTimer() {},
  };
}
