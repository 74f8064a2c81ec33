/**
 * A hash of one row, whatever its fields: 64 bits in two words. Fields count in their order, so rows must be made by one
 * expression on either side; `-0` counts as `0`.
 */
export class RowHasher {
  /** The words of the last row. */
  low: number = 0;
  high: number = 0;
  readonly #double: Float64Array = new Float64Array(1);
  readonly #words: Int32Array = new Int32Array(this.#double.buffer);

  /** Hashes a row into `low` and `high`. */
  row(row: object): void {
    this.low = 0x811c9dc5 | 0;
    this.high = 0x1b873593;
    this.#object(row);
    this.low >>>= 0;
    this.high >>>= 0;
  }

  #object(value: object): void {
    const fields = value as Readonly<Record<string, unknown>>;
    for (const name in fields) this.#value(fields[name]);
  }

  #value(value: unknown): void {
    switch (typeof value) {
      case 'number':
        this.#double[0] = value + 0;
        this.#word(this.#words[0]!);
        this.#word(this.#words[1]!);
        return;
      case 'string':
        for (let i = 0; i < value.length; i++) this.low = Math.imul(this.low ^ value.charCodeAt(i), 0x01000193);
        this.#word(value.length);
        return;
      case 'object':
        if (value !== null) return this.#object(value);
        this.#word(1);
        return;
      default:
        this.#word(value === undefined ? 2 : 3);
    }
  }

  #word(word: number): void {
    this.low = Math.imul(this.low ^ word, 0x01000193);
    this.high = Math.imul(this.high ^ this.low, 0x5bd1e995) ^ (this.high >>> 15);
  }
}
