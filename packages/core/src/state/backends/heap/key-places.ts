import { isIntPair, type MapKey, mapKey } from '../../../record/map-key.js';
import { DenseIndex } from './dense-index.js';
import { KeyIndex } from './key-index.js';
import { LateTexts } from './late-texts.js';
import { WideIndex } from './wide-index.js';

const bits = new Int32Array(2);
const float = new Float64Array(bits.buffer);

/** Places (whole numbers from 0) by key, of whatever kind the keys are: each kind is found in the index that suits it. */
export class KeyPlaces {
  /** Whole numbers of 32 bits. */
  #ints: DenseIndex | null;
  /** All other numbers, by their bits. */
  #floats: WideIndex | null;
  /** Tuples of two whole numbers of 32 bits, the commonest composite. */
  #pairs: WideIndex | null;
  #others: KeyIndex | null;
  /** What is added together later; null but while state is restored. */
  #noted: LateTexts | null;

  readonly #expected: number;

  /** Whole numbers get room for so many keys as `expected` says once there is one. */
  constructor(expected: number = 0) {
    this.#expected = expected;
    this.#ints = null;
    this.#floats = null;
    this.#pairs = null;
    this.#others = null;
    this.#noted = null;
  }

  /** The place of a key, or -1. Throws a coded error for what cannot be a key. */
  find(key: unknown): number {
    if (typeof key === 'number') {
      if ((key | 0) === key) return this.#ints === null ? -1 : this.#ints.get(key | 0);
      return this.#findFloat(key);
    }
    if (typeof key === 'object' && isIntPair(key)) return this.findPair(key[0] | 0, key[1] | 0);
    return this.findMapped(mapKey(key));
  }

  /** As `find`, for a pair of whole numbers. */
  findPair(first: number, second: number): number {
    return this.#pairs === null ? -1 : this.#pairs.get(first, second);
  }

  /** As `find`, for a key that is neither a number nor a pair, by what stands for it in a Map. */
  findMapped(mapped: MapKey): number {
    return this.#others === null ? -1 : this.#others.get(mapped);
  }

  /** Adds the place of a key that has none. */
  add(key: unknown, place: number): void {
    if (typeof key === 'number') {
      if ((key | 0) === key) (this.#ints ??= new DenseIndex(this.#expected)).add(key | 0, place);
      else this.#addFloat(key, place);
    } else if (typeof key === 'object' && isIntPair(key)) {
      this.addPair(key[0] | 0, key[1] | 0, place);
    } else {
      (this.#others ??= new KeyIndex()).add(mapKey(key), place);
    }
  }

  /** Notes the place of a text with this hash, which is found only after `addNoted`: many of them are added faster together. */
  note(key: string, hash: number, place: number): void {
    if (mapKey(key) === key) (this.#noted ??= new LateTexts()).add(hash, place);
    else this.add(key, place);
  }

  /** Adds what was noted; `keyAt` gives the text at a place. */
  addNoted(keyAt: (place: number) => string): void {
    if (this.#noted === null) return;
    (this.#others ??= new KeyIndex()).addAll(this.#noted, keyAt);
    this.#noted = null;
  }

  /** As `add`, for a pair of whole numbers. */
  addPair(first: number, second: number, place: number): void {
    (this.#pairs ??= new WideIndex()).add(first, second, place);
  }

  /** Removes a key, if it is there. */
  delete(key: unknown): void {
    if (typeof key === 'number') {
      if ((key | 0) === key) {
        this.#ints?.delete(key | 0);
      } else {
        float[0] = key;
        this.#floats?.delete(bits[0]!, bits[1]!);
      }
    } else if (typeof key === 'object' && isIntPair(key)) {
      this.deletePair(key[0] | 0, key[1] | 0);
    } else {
      this.#others?.delete(mapKey(key));
    }
  }

  /** As `delete`, for a pair of whole numbers. */
  deletePair(first: number, second: number): void {
    this.#pairs?.delete(first, second);
  }

  /** Forgets all keys. The memory for whole numbers is kept. */
  clear(): void {
    this.#ints?.clear();
    this.#floats = null;
    this.#pairs = null;
    this.#others = null;
    this.#noted = null;
  }

  /** As `clear`, and gives up the memory. */
  drop(): void {
    this.#ints = null;
    this.clear();
  }

  #findFloat(key: number): number {
    if (key !== key) mapKey(key);
    if (this.#floats === null) return -1;
    float[0] = key;
    return this.#floats.get(bits[0]!, bits[1]!);
  }

  #addFloat(key: number, place: number): void {
    if (key !== key) mapKey(key);
    float[0] = key;
    (this.#floats ??= new WideIndex()).add(bits[0]!, bits[1]!, place);
  }
}
