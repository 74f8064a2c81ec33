/** Texts that have a place and are not in their index yet, which takes them all at once: by hash and place. */
export class LateTexts {
  hashes: Int32Array;
  places: Int32Array;
  count: number;

  constructor() {
    this.hashes = new Int32Array(1 << 10);
    this.places = new Int32Array(1 << 10);
    this.count = 0;
  }

  add(hash: number, place: number): void {
    if (this.count === this.hashes.length) {
      this.hashes = twice(this.hashes);
      this.places = twice(this.places);
    }
    this.hashes[this.count] = hash;
    this.places[this.count++] = place;
  }

  /** The numbers of all texts, in the order of the upper byte of their hashes, and behind it where each byte's begin, with the end of the last. */
  byUpperByte(): { readonly order: Int32Array; readonly starts: Int32Array } {
    const { hashes, count } = this;
    const starts = new Int32Array(257);
    for (let at = 0; at < count; at++) starts[(hashes[at]! >>> 24) + 1]!++;
    for (let byte = 0; byte < 256; byte++) starts[byte + 1]! += starts[byte]!;
    const ends = starts.slice();
    const order = new Int32Array(count);
    for (let at = 0; at < count; at++) order[ends[hashes[at]! >>> 24]!++] = at;
    return { order, starts };
  }
}

function twice(numbers: Int32Array): Int32Array {
  const larger = new Int32Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}
