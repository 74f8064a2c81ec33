/** What the outside has: I1, I7 and I12. Rows are texts, equal exactly when the rows are. */
import { defineInvariant, type Invariant } from './invariant.js';
import { multisetOf, surplus } from './multiset.js';

/** The committed rows of one sink, and what a plain computation says they are. */
export interface SinkOutput {
  readonly sink: string;
  readonly committed: readonly string[];
  readonly expected: readonly string[];
}

/** I1: committed output = oracle, as a multiset. */
export const outputIsOracle: Invariant<readonly SinkOutput[]> = defineInvariant('I1', 'the committed output is the oracle\'s, as a multiset', (sinks) => {
  for (const { sink, committed, expected } of sinks) {
    const [has, wanted] = [multisetOf(committed), multisetOf(expected)];
    const extra = surplus(has, wanted);
    if (extra !== undefined) return `${sink} has ${extra.row} ${extra.has} times instead of ${extra.allowed}`;
    const missing = surplus(wanted, has);
    if (missing !== undefined) return `${sink} has ${missing.row} ${missing.allowed} times instead of ${missing.has}`;
  }
  return undefined;
});

/** What a reader of one sink's output saw, look after look, and what stands there in the end. */
export interface ReaderLooks {
  readonly sink: string;
  readonly looks: readonly (readonly string[])[];
  readonly final: readonly string[];
}

/** I7: a concurrent reader sees only what stays: each look has all that the look before had, and the end has all of it. */
export const readersSeeWhatStays: Invariant<readonly ReaderLooks[]> = defineInvariant('I7', 'a concurrent reader of the committed output sees only what stays', (sinks) => {
  for (const { sink, looks, final } of sinks) {
    const all = [...looks, final].map(multisetOf);
    for (let look = 1; look < all.length; look++) {
      const gone = surplus(all[look - 1] as Map<string, number>, all[look] as Map<string, number>);
      if (gone !== undefined) return `a reader of ${sink} saw ${gone.row} ${gone.has} times, and later ${gone.allowed} times`;
    }
  }
  return undefined;
});

/** Where the records of one operator went. */
export interface Balance {
  readonly operator: string;
  readonly input: number;
  readonly output: number;
  readonly deadLetters: number;
  readonly filtered: number;
}

/** I12: output + dead letters + filtered = input. */
export const nothingVanishes: Invariant<readonly Balance[]> = defineInvariant('I12', 'output, dead letters and filtered records add up to the input', (balances) => {
  for (const { operator, input, output, deadLetters, filtered } of balances) {
    if (output + deadLetters + filtered !== input) return `${operator} took ${input} records and gave ${output} + ${deadLetters} dead letters + ${filtered} filtered`;
  }
  return undefined;
});
