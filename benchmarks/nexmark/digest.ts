import type { Query, Update } from './queries/query.js';
import { RowHasher } from './row-hash.js';

/** A part of the results, as plain data that a sink can hand out at a barrier. */
export interface ResultPart {
  readonly rows: number;
  readonly low: number;
  readonly high: number;
  /** Of updates: the newest row of each key, by its hash. */
  readonly table: readonly (readonly [key: string, low: number, high: number])[];
}

/**
 * What a query has given, in little: the multiset of its rows or, where they are updates, their sequence and the table
 * they make in the end.
 */
export class ResultDigest {
  #rows: number = 0;
  #low: number = 0;
  #high: number = 0;
  /** Depends on the order. */
  #sequence: number = 0;
  readonly #updates: boolean;
  readonly #table: Map<string, { low: number; high: number }> = new Map();
  readonly #hasher: RowHasher = new RowHasher();

  constructor(results: Query['results']) {
    this.#updates = results === 'updates';
  }

  /** Takes a row; to be handed to whoever makes rows. */
  readonly take = (row: object): void => {
    const hasher = this.#hasher;
    hasher.row(row);
    this.#rows++;
    this.#low = (this.#low + hasher.low) >>> 0;
    this.#high = (this.#high + hasher.high) >>> 0;
    if (!this.#updates) return;
    this.#sequence = (Math.imul(this.#sequence, 0x01000193) + hasher.low) | 0;
    const { key, row: inner } = row as Update<unknown, object>;
    hasher.row(inner);
    this.#put(String(key), hasher.low, hasher.high);
  };

  /** Takes what another digest has, behind what is here. */
  merge(part: ResultPart): void {
    this.#rows += part.rows;
    this.#low = (this.#low + part.low) >>> 0;
    this.#high = (this.#high + part.high) >>> 0;
    for (const [key, low, high] of part.table) this.#put(key, low, high);
  }

  /** Gives what is here and begins anew. */
  takePart(): ResultPart {
    const part = { rows: this.#rows, low: this.#low, high: this.#high, table: Array.from(this.#table, ([key, { low, high }]) => [key, low, high] as const) };
    this.#rows = this.#low = this.#high = this.#sequence = 0;
    this.#table.clear();
    return part;
  }

  get rows(): number {
    return this.#rows;
  }

  /** The rows in any order or, of updates, all of them in their order. */
  get exact(): string {
    const all = `${this.#rows} rows ${hex(this.#high)}${hex(this.#low)}`;
    return this.#updates ? `${all} in the order ${hex(this.#sequence >>> 0)}` : all;
  }

  /** What does not depend on how parallel a run was: the rows in any order or, of updates, the table in the end. */
  get lasting(): string {
    if (!this.#updates) return this.exact;
    let low = 0;
    let high = 0;
    for (const row of this.#table.values()) {
      low = (low + row.low) >>> 0;
      high = (high + row.high) >>> 0;
    }
    return `${this.#table.size} keys ${hex(high)}${hex(low)}`;
  }

  #put(key: string, low: number, high: number): void {
    const known = this.#table.get(key);
    if (known === undefined) {
      this.#table.set(key, { low, high });
    } else {
      known.low = low;
      known.high = high;
    }
  }
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}
