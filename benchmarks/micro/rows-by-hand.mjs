import { ByteReader, ByteWriter, codecFor, KEY_GROUPS, keyGroupOf } from './core.mjs';

/**
 * Rows of state in plain Maps, one for each key group, written and read by one loop with the engine's codecs: what saving them costs
 * when there are no pre-images, sections, checksums and slices.
 */
export class RowsByHand {
  #key;
  #value;
  #groups = Array.from({ length: KEY_GROUPS }, () => new Map());

  constructor(keyType, valueType) {
    this.#key = codecFor(keyType);
    this.#value = codecFor(valueType);
  }

  set(key, value) {
    this.#groups[keyGroupOf(key, KEY_GROUPS)].set(key, value);
  }

  /** The bytes of each key group. */
  encode() {
    return this.#groups.map((rows) => {
      const writer = new ByteWriter(1024);
      writer.u32(rows.size);
      for (const [key, value] of rows) {
        this.#key.encode(key, writer);
        this.#value.encode(value, writer);
      }
      return writer.toBytes();
    });
  }

  decode(blobs) {
    this.#groups = blobs.map((bytes) => {
      const reader = new ByteReader(bytes);
      const rows = new Map();
      for (let left = reader.u32(); left > 0; left--) {
        const key = this.#key.decode(reader);
        rows.set(key, this.#value.decode(reader));
      }
      return rows;
    });
  }

  each(take) {
    for (const rows of this.#groups) rows.forEach((value, key) => take(key, value));
  }
}
