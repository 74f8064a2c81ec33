/** Counts rows and folds them into a hash that does not depend on their order. */
export class RowHash {
  constructor() {
    this.count = 0;
    this.low = 0;
    this.high = 0;
    /** To be handed to whoever makes rows. */
    this.take = (row) => this.#add(JSON.stringify(row, Object.keys(row).sort()));
  }

  /** The whole as text: equal for equal multisets of rows. */
  get digest() {
    return `${this.count} rows ${hex(this.high)}${hex(this.low)}`;
  }

  #add(text) {
    let low = 0x811c9dc5;
    let high = 0x1b873593;
    for (let i = 0; i < text.length; i++) {
      low = Math.imul(low ^ text.charCodeAt(i), 0x01000193);
      high = Math.imul(high ^ low, 0x5bd1e995) ^ (high >>> 15);
    }
    this.count++;
    this.low = (this.low + low) >>> 0;
    this.high = (this.high + high) >>> 0;
  }
}

/** Takes rows at the least cost while the time runs: it only counts them. */
export class RowCount {
  constructor() {
    this.count = 0;
    this.take = () => {
      this.count++;
    };
  }
}

function hex(word) {
  return word.toString(16).padStart(8, '0');
}
