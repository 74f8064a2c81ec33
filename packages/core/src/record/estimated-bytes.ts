/** So many elements are looked at in one list, map or set, spread over it. */
const PER_LIST = 64;
/** So many in all lists that lie in one another: each element of a list has an equal share of what the list may look at. */
const IN_ALL_LISTS = 1024;
/** More objects are not looked at, however they are nested. */
const MOST_OBJECTS = 4096;
/** Nor deeper ones. */
const MOST_DEPTH = 256;
const NUMBER = 8;
/** No value is taken to be larger: what is added up must not become infinite, from which nothing can be taken away again. */
const MOST_BYTES = 2 ** 40;
/** What an object, an entry or the head of a string takes by itself. */
const HEAD = 16;

/**
 * About how many bytes a value takes in memory: for limits, not for layouts. Of long lists it looks at a part, and takes the rest to be like that, so that the
 * time it takes is bounded, however large the value is, but for the names of the fields of an object: the engine lists all of them. Values that contain themselves do no harm.
 */
export function estimatedBytes(value: unknown): number {
  if (typeof value === 'number') return NUMBER;
  if (typeof value === 'string') return HEAD + 2 * value.length;
  return Math.min(MOST_BYTES, new Estimate().of(value, IN_ALL_LISTS));
}

class Estimate {
  #left: number = MOST_OBJECTS;
  #depth: number = 0;

  /** The bytes of a value, with a look at about `share` elements of its lists. */
  of(value: unknown, share: number): number {
    if (typeof value === 'string') return HEAD + 2 * value.length;
    if (typeof value === 'bigint') return HEAD + bytesOf(value);
    if (typeof value !== 'object' || value === null || this.#depth === MOST_DEPTH || --this.#left < 0) return NUMBER;
    this.#depth++;
    const bytes = HEAD + this.#contents(value, share);
    this.#depth--;
    return bytes;
  }

  #contents(value: object, share: number): number {
    if (Array.isArray(value)) return this.#list(value, share);
    if (value instanceof Map) return this.#first(value.entries(), value.size, share, ([key, entry], each) => HEAD + this.of(key, each) + this.of(entry, each));
    if (value instanceof Set) return this.#first(value.values(), value.size, share, (entry, each) => HEAD + this.of(entry, each));
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value.byteLength;
    return this.#fields(value as Record<string, unknown>, share);
  }

  /** Fields are not like each other: all are looked at, but for those of objects that are used like maps. */
  #fields(value: Record<string, unknown>, share: number): number {
    let bytes = 0;
    let looked = 0;
    for (const name in value) {
      if (looked++ < PER_LIST) bytes += NUMBER + this.of(value[name], share);
      else bytes += bytes / looked;
    }
    return bytes;
  }

  /** Elements at equal distances. */
  #list(list: readonly unknown[], share: number): number {
    const { length } = list;
    const looked = lookedAt(length, share);
    let bytes = 0;
    for (let i = 0; i < looked; i++) bytes += this.of(list[Math.floor((i * length) / looked)], share / looked);
    return looked === 0 ? 0 : (bytes / looked) * length;
  }

  #first<T>(entries: Iterator<T>, size: number, share: number, of: (entry: T, share: number) => number): number {
    const looked = lookedAt(size, share);
    let bytes = 0;
    for (let i = 0; i < looked; i++) bytes += of((entries.next() as IteratorYieldResult<T>).value, share / looked);
    return looked === 0 ? 0 : (bytes / looked) * size;
  }
}

/** How many of so many elements are looked at: one at least. */
function lookedAt(elements: number, share: number): number {
  return Math.min(elements, PER_LIST, Math.max(1, Math.floor(share)));
}

function bytesOf(value: bigint): number {
  return value >= -0x8000_0000_0000_0000n && value <= 0x7fff_ffff_ffff_ffffn ? NUMBER : value.toString(16).length / 2;
}
