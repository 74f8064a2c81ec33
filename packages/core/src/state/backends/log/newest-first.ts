import { ByteReader } from '../../../base/bytes.js';
import { keyHash } from '../../../record/key-hash.js';
import { type MapKey, mapKey } from '../../../record/map-key.js';
import type { BlobSection } from '../../format/key-group-blob.js';
import { nextRecord } from '../../format/next-record.js';
import type { SectionReaders } from '../../format/section-reader.js';
import { TAG } from '../../format/tags.js';
import type { ValueCodec } from '../../format/value-codec.js';
import type { RestoredChain, RestoredState } from '../heap/restored-state.js';
import type { LogKey } from './log-key.js';
import type { LogStore } from './log-store.js';

/**
 * Whether the records of a chain can go into the log as they are: one value per key, no namespaces, and keys and values
 * encoded as the state does it now. `readers` are those of all its parts.
 */
export function copiesBytes(store: LogStore, readers: readonly SectionReaders[], keyCodec: ValueCodec): boolean {
  if (store.namespaced || store.meta.kind === 'list' || store.meta.kind === 'map') return false;
  return readers.every((reader) => reader.key === keyCodec && reader.value === store.codec);
}

/**
 * Restores the entries of one key group from the newest part to the oldest: of each key the first record that is met
 * counts, and goes into the log as bytes. So nothing is written twice, and nothing is looked up in the log.
 */
export class NewestFirst {
  readonly #store: LogStore;
  readonly #key: LogKey;
  readonly #keyGroup: number;
  /** Keys that a newer part has set or removed, with the number of that part. */
  readonly #settled: Map<MapKey, number>;

  constructor(store: LogStore, key: LogKey, keyGroup: number) {
    this.#store = store;
    this.#key = key;
    this.#keyGroup = keyGroup;
    this.#settled = new Map();
  }

  /** Puts the entries of a chain into the store. Throws as `RestoredState.read`. */
  restore(restored: RestoredState, chain: RestoredChain): void {
    for (let part = chain.length - 1; part >= 0; part--) {
      restored.apply(chain[part]!, (section) => {
        this.#entries(section, part);
        // What a part removes was there before its own entries.
        if (part > 0) this.#removals(section, part);
      });
    }
  }

  #entries(section: BlobSection, part: number): void {
    const { keyCodec, codec, rows, ttl, index } = this.#store;
    const settled = this.#settled;
    const timed = section.state.ttl !== null;
    const bytes = section.entries;
    const reader = new ByteReader(bytes);
    const keyRange = { start: 0, end: 0 };
    const valueRange = { start: 0, end: 0 };
    for (let at = nextRecord(bytes, 0, TAG.value); at >= 0; at = nextRecord(bytes, reader.position, TAG.value)) {
      reader.position = at;
      keyRange.start = at;
      const key = keyCodec.decode(reader);
      keyRange.end = reader.position;
      const time = timed ? reader.f64() : NaN;
      valueRange.start = reader.position;
      const value = codec.decode(reader);
      valueRange.end = reader.position;
      const mapped = mapKey(key);
      const settledBy = settled.get(mapped);
      if (settledBy !== undefined && settledBy !== part) continue;
      const hash = keyHash(key);
      // Another row with this hash is a rare collision, or the same key once more in this part.
      const isNew = settledBy === undefined && index.first(hash) < 0;
      const slot = isNew ? this.#store.restoreRow(hash, this.#keyGroup, bytes, keyRange, valueRange) : this.#write(key, value);
      if (ttl !== null) rows.setTime(slot, this.#time(time));
      if (part > 0) settled.set(mapped, part);
    }
  }

  #write(key: unknown, value: unknown): number {
    this.#key.set(key);
    this.#key.setNamespace(null);
    return this.#store.write(this.#store.find(this.#key), this.#key, value);
  }

  #removals(section: BlobSection, part: number): void {
    const bytes = section.removed;
    const reader = new ByteReader(bytes);
    for (let at = nextRecord(bytes, 0, TAG.removeKey); at >= 0; at = nextRecord(bytes, reader.position, TAG.removeKey)) {
      reader.position = at;
      const mapped = mapKey(this.#store.keyCodec.decode(reader));
      if (!this.#settled.has(mapped)) this.#settled.set(mapped, part);
    }
  }

  /** An entry from before the state had a time to live counts from now. */
  #time(time: number): number {
    const { ttl, clock } = this.#store;
    return Number.isNaN(time) && ttl !== null ? clock.now(ttl) : time;
  }
}
