import { assert } from '../../../base/assert.js';
import { keyGroupOf } from '../../../record/key-hash.js';
import { freezeKey, isIntPair, type MapKey, mapKey } from '../../../record/map-key.js';
import type { KeyGroupRange, Namespace } from '../../backend.js';
import { NoCurrentKey } from '../../errors.js';
import { flatString } from './flat-string.js';
import type { KeyPlaces } from './key-places.js';
import { KeyDirectory } from './key-slots.js';
import { VOID } from './slot-table.js';

/** The place of a key that nobody has looked up yet. */
const UNKNOWN = -2;

/** The key and namespace that all handles of a backend follow. Its key group and its place are found when somebody asks. */
export class CurrentKey {
  /** Where the keys of all states on the heap are. */
  readonly directory: KeyDirectory;
  namespace: Namespace;
  /** Raised whenever what a handle has looked up may be wrong; 0 means that there is no key. */
  version: number;
  #key: unknown;
  /** What stands in a Map for a key that is neither a number nor a string nor a pair; null for those. */
  #slow: MapKey | null;
  /** What stands in a Map for any key; null until somebody asks. */
  #mapped: MapKey | null;
  /** Whether the key is in memory of its own and frozen: that waits until somebody is given it. */
  #isOwned: boolean;
  /** Whether the key is a pair of whole numbers, whose words are these. */
  #isPair: boolean;
  #first: number;
  #second: number;
  #changes: number;
  #keyGroup: number;
  /** The key's place in the directory, -1 when it has none, UNKNOWN until somebody asks. */
  #place: number;
  readonly #range: KeyGroupRange;
  readonly #maxParallelism: number;

  constructor(range: KeyGroupRange, maxParallelism: number) {
    this.directory = new KeyDirectory(range);
    this.#key = undefined;
    this.#slow = null;
    this.#mapped = null;
    this.#isOwned = true;
    this.#isPair = false;
    this.#first = 0;
    this.#second = 0;
    this.namespace = VOID;
    this.version = 0;
    this.#changes = 0;
    this.#keyGroup = -1;
    this.#place = UNKNOWN;
    this.#range = range;
    this.#maxParallelism = maxParallelism;
  }

  set(key: unknown): void {
    if (typeof key === 'number') {
      if (key !== key) mapKey(key);
      this.#key = key + 0;
      this.#slow = null;
      this.#isPair = false;
      this.#isOwned = true;
    } else {
      this.#isPair = typeof key === 'object' && this.#takeWords(key);
      // A composite is looked at once; this also refuses what cannot be a key.
      this.#slow = typeof key === 'string' || this.#isPair ? null : mapKey(key);
      this.#key = key;
      this.#isOwned = false;
    }
    this.#mapped = null;
    this.#keyGroup = -1;
    this.#place = UNKNOWN;
    this.version = ++this.#changes;
  }

  /** As `set`, for a key whose place in the directory is known; negative when it has none. */
  setAt(key: unknown, place: number): void {
    this.set(key);
    this.#place = place;
  }

  /** Whether this is the key already, as far as one comparison tells: false for a composite that is equal. */
  is(key: unknown): boolean {
    // Numbers are compared in a place of their own, which the compiler then knows to see nothing else.
    if (typeof key === 'number') return typeof this.#key === 'number' && key === this.#key && this.version !== 0;
    return typeof key !== 'object' && key === this.#key && this.version !== 0;
  }

  /** The key as users see it and state keeps it. */
  get key(): unknown {
    if (!this.#isOwned) this.#own();
    return this.#key;
  }

  /** Somebody relies on the key for longer than the record: a composite is frozen, so that who gave it cannot fill it again. */
  keep(): void {
    if (!this.#isOwned) this.#own();
  }

  /** What stands for the key in a Map. */
  get mapped(): MapKey {
    return (this.#mapped ??= this.#slow ?? mapKey(this.#isPair ? this.key : this.#key));
  }

  setNamespace(namespace: Namespace | null): void {
    const next = namespace ?? VOID;
    if (next.start === this.namespace.start && next.end === this.namespace.end) return;
    this.namespace = next;
    if (this.version !== 0) this.version = ++this.#changes;
  }

  /** Makes all handles look again. */
  invalidate(): void {
    this.#place = UNKNOWN;
    if (this.version !== 0) this.version = ++this.#changes;
  }

  clear(): void {
    this.#key = undefined;
    this.#slow = null;
    this.#mapped = null;
    this.#isOwned = true;
    this.#isPair = false;
    this.#place = UNKNOWN;
    this.version = 0;
  }

  /** Throws when there is no key; `asker` names the state or timers. */
  require(asker: string): void {
    if (this.version === 0) throw NoCurrentKey.error({ what: `${asker} was used outside a callback that has a key` });
  }

  get keyGroup(): number {
    if (this.#keyGroup < 0) {
      this.#keyGroup = this.#place >= 0 ? this.directory.keyGroupOf(this.#place) : this.#hashedGroup();
      assert(this.#keyGroup >= this.#range.first && this.#keyGroup <= this.#range.last, 'a key reaches the subtask that owns its key group');
    }
    return this.#keyGroup;
  }

  /** Where the key is found in some index, or -1. */
  findIn(places: KeyPlaces): number {
    if (this.#isPair) return places.findPair(this.#first, this.#second);
    return this.#slow === null ? places.find(this.#key) : places.findMapped(this.#slow);
  }

  /** The key's place in the directory; -1 while no state has an entry for it. */
  get place(): number {
    if (this.#place === UNKNOWN) this.#place = this.findIn(this.directory.places);
    return this.#place;
  }

  /** As `place`, which is taken when there is none. */
  takePlace(): number {
    // Of a pair nothing is kept but its words, so it is not frozen for this.
    if (this.place < 0) this.#place = this.directory.take(this.#isPair ? [this.#first, this.#second] : this.key, this.keyGroup);
    return this.#place;
  }

  /** An entry of the key was removed, and with it, perhaps, its place. */
  forgetPlace(): void {
    this.#place = UNKNOWN;
  }

  #hashedGroup(): number {
    // Its words, since the pair itself may have been changed meanwhile.
    return keyGroupOf(this.#isPair ? [this.#first, this.#second] : this.#key, this.#maxParallelism);
  }

  /** Whether the key is a pair of whole numbers, whose words are noted. */
  #takeWords(key: object | null): boolean {
    if (!isIntPair(key)) return false;
    this.#first = key[0] | 0;
    this.#second = key[1] | 0;
    return true;
  }

  #own(): void {
    const key = this.#key;
    this.#isOwned = true;
    if (this.#isPair) this.#key = this.#ownPair(key as readonly unknown[]);
    // What is kept of a string is flat already.
    else if (this.#place >= 0 && this.#slow === null) this.#key = this.directory.keyAt(this.#place);
    else if (typeof key === 'string') this.#key = flatString(key);
    else freezeKey(key);
  }

  /** The pair that was set; another array where somebody has changed that one since, which nothing has frozen. */
  #ownPair(key: readonly unknown[]): readonly unknown[] {
    const isSame = key.length === 2 && key[0] === this.#first && key[1] === this.#second;
    return Object.freeze(isSame ? key : [this.#first, this.#second]);
  }
}
