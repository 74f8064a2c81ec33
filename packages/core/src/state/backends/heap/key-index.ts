import { keyHash } from '../../../record/key-hash.js';
import type { MapKey } from '../../../record/map-key.js';

/** Entries up to which one Map serves. Growing it further would stop the thread for tens of milliseconds at a time. */
const SINGLE_MAP_LIMIT = 1 << 17;
/** Maps of a sharded index; together they hold far more than the 2^24 entries of one Map. */
const SHARDS = 256;
/** Entries moved out of the first Map at each insertion. */
const MOVED_PER_INSERT = 4;

/**
 * A Map without its two flaws at size: the limit of 2^24 entries, and the long pause when a big one grows. Beyond a
 * threshold new entries go to 256 smaller Maps, chosen by hash, and the old ones follow a few at a time.
 */
export class KeyIndex<T> {
  size: number;
  #first: Map<MapKey, T>;
  #shards: Map<MapKey, T>[] | null;
  #moving: Iterator<[MapKey, T]> | null;
  /** The entry found or added last: who reads an entry mostly writes it next. */
  #recentKey: MapKey | undefined;
  #recent: T | undefined;
  /** Iterations under way; nothing moves meanwhile, so that none meets an entry twice. */
  #iterations: number;

  constructor() {
    this.size = 0;
    this.#first = new Map();
    this.#shards = null;
    this.#moving = null;
    this.#iterations = 0;
    this.#recentKey = undefined;
    this.#recent = undefined;
  }

  /** The entry of a key. */
  get(key: MapKey): T | undefined {
    if (key === this.#recentKey) return this.#recent;
    let found = this.#first.get(key);
    if (found === undefined && this.#shards !== null) found = this.#shards[shardOf(key)]!.get(key);
    if (found === undefined) return undefined;
    this.#recentKey = key;
    this.#recent = found;
    return found;
  }

  /** Adds an entry for a key that has none. */
  add(key: MapKey, entry: T): void {
    this.size++;
    this.#recentKey = key;
    this.#recent = entry;
    if (this.#shards === null) {
      if (this.#first.size < SINGLE_MAP_LIMIT) {
        this.#first.set(key, entry);
        return;
      }
      this.#shards = Array.from({ length: SHARDS }, () => new Map<MapKey, T>());
      this.#moving = this.#first.entries();
    }
    this.#shards[shardOf(key)]!.set(key, entry);
    if (this.#moving !== null && this.#iterations === 0) this.#move(this.#moving, this.#shards);
  }

  /** Puts another entry in the place of a key's. */
  replace(key: MapKey, entry: T): void {
    this.#recentKey = undefined;
    if (this.#first.has(key) || this.#shards === null) this.#first.set(key, entry);
    else this.#shards[shardOf(key)]!.set(key, entry);
  }

  /** Removes the entry of a key. */
  delete(key: MapKey): boolean {
    this.#recentKey = undefined;
    this.#recent = undefined;
    const deleted = this.#first.delete(key) || (this.#shards !== null && this.#shards[shardOf(key)]!.delete(key));
    if (deleted) this.size--;
    return deleted;
  }

  /** Visits all entries. Entries may be added and removed meanwhile, as with a Map. */
  *entries(): Generator<T> {
    this.#iterations++;
    try {
      yield* this.#first.values();
      if (this.#shards !== null) for (const shard of this.#shards) yield* shard.values();
    } finally {
      this.#iterations--;
    }
  }

  /** As `entries`, for a walk that lasts: entries may move meanwhile, so that one may be met twice, but none is missed. */
  *walk(): Generator<T> {
    yield* this.#first.values();
    if (this.#shards !== null) for (const shard of this.#shards) yield* shard.values();
  }

  #move(moving: Iterator<[MapKey, T]>, shards: Map<MapKey, T>[]): void {
    for (let count = 0; count < MOVED_PER_INSERT; count++) {
      const next = moving.next();
      if (next.done === true) {
        this.#first = new Map();
        this.#moving = null;
        return;
      }
      const [key, entry] = next.value;
      shards[shardOf(key)]!.set(key, entry);
      this.#first.delete(key);
    }
  }
}

function shardOf(key: MapKey): number {
  return (typeof key === 'number' && (key | 0) === key ? Math.imul(key, 0x9e3779b1) : keyHash(key)) >>> 24;
}
