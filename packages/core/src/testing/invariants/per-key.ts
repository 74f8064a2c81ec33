/** What holds key by key: I2, I3, I4 and I6. */
import { defineInvariant, type Invariant } from './invariant.js';

/** A record that carries how often its key has come. */
export interface NumberedRow {
  readonly key: string;
  readonly number: number;
}

/** I2: records of one key keep their order. */
export const orderPerKey: Invariant<readonly NumberedRow[]> = defineInvariant('I2', 'records of one key keep their order', (rows) => {
  const last = new Map<string, number>();
  for (const { key, number } of rows) {
    const before = last.get(key) ?? 0;
    if (number <= before) return `key ${key}: ${number} was committed after ${before}`;
    last.set(key, number);
  }
  return undefined;
});

/** I3: the sequence of each key begins with 1 and has no gap. */
export const noGapPerKey: Invariant<readonly NumberedRow[]> = defineInvariant('I3', 'the sequence of each key has no gap', (rows) => {
  const seen = new Map<string, Set<number>>();
  for (const { key, number } of rows) {
    const numbers = seen.get(key) ?? new Set();
    seen.set(key, numbers.add(number));
  }
  for (const [key, numbers] of seen) {
    for (let number = 1; number <= numbers.size; number++) if (!numbers.has(number)) return `key ${key}: ${number} of ${Math.max(...numbers)} is missing`;
  }
  return undefined;
});

/** How often each key was given to a counter, and how far the counter's state came. */
export interface CountedKeys {
  readonly given: ReadonlyMap<string, number>;
  readonly counted: ReadonlyMap<string, number>;
}

/** I4: each record is counted once in state. */
export const countedOnce: Invariant<CountedKeys> = defineInvariant('I4', 'each record is counted once in state', ({ given, counted }) => {
  for (const key of new Set([...given.keys(), ...counted.keys()])) {
    const [wanted, has] = [given.get(key) ?? 0, counted.get(key) ?? 0];
    if (wanted !== has) return `key ${key} came ${wanted} times, and its state says ${has}`;
  }
  return undefined;
});

/** A window's result as it was committed. */
export interface FiredPane {
  readonly operator: string;
  readonly key: string;
  readonly window: string;
  /** Number of the firing: 0 on time, then one for each late one. */
  readonly pane: number;
}

/** I6: each (key, window, pane) fires once. */
export const panesFireOnce: Invariant<readonly FiredPane[]> = defineInvariant('I6', 'each (key, window, pane) fires once', (panes) => {
  const seen = new Set<string>();
  for (const { operator, key, window, pane } of panes) {
    const id = JSON.stringify([operator, key, window, pane]);
    if (seen.has(id)) return `${operator} fired pane ${pane} of window ${window} twice for key ${key}`;
    seen.add(id);
  }
  return undefined;
});
