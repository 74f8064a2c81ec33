/** So many parts of a value are looked at, spread over it; what is between them is taken to be like them. */
const LOOKED_AT = 1024;
/** Elements that are looked at in one list, map or set. */
const PER_LIST = 64;
const NUMBER = 8;
/** What an object, an entry or the head of a string takes by itself. */
const HEAD = 16;

/**
 * About how many bytes a value takes in memory: for limits, not for layouts. The time it takes is bounded, however large the value is; of
 * long lists it looks at a part. Values that contain themselves do no harm.
 */
export function estimatedBytes(value: unknown): number {
  if (typeof value === 'number') return NUMBER;
  if (typeof value === 'string') return HEAD + 2 * value.length;
  return new Estimate().of(value);
}

class Estimate {
  #left: number = LOOKED_AT;

  of(value: unknown): number {
    if (typeof value === 'string') return HEAD + 2 * value.length;
    if (typeof value === 'bigint') return HEAD + bytesOf(value);
    if (typeof value !== 'object' || value === null || --this.#left < 0) return NUMBER;
    if (Array.isArray(value)) return HEAD + this.#list(value.length, (at) => value[at]);
    if (value instanceof Map) return HEAD + this.#first(value.entries(), value.size, ([key, entry]) => HEAD + this.of(key) + this.of(entry));
    if (value instanceof Set) return HEAD + this.#first(value.values(), value.size, (entry) => HEAD + this.of(entry));
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return HEAD + value.byteLength;
    return HEAD + this.#fields(value as Record<string, unknown>);
  }

  #fields(value: Record<string, unknown>): number {
    let bytes = 0;
    let looked = 0;
    for (const name in value) {
      if (looked++ < PER_LIST) bytes += NUMBER + this.of(value[name]);
      else bytes += bytes / looked;
    }
    return bytes;
  }

  /** Elements at equal distances. */
  #list(length: number, at: (index: number) => unknown): number {
    const looked = Math.min(length, PER_LIST);
    let bytes = 0;
    for (let i = 0; i < looked; i++) bytes += this.of(at(Math.floor((i * length) / looked)));
    return looked === 0 ? 0 : (bytes / looked) * length;
  }

  #first<T>(entries: Iterator<T>, size: number, of: (entry: T) => number): number {
    const looked = Math.min(size, PER_LIST);
    let bytes = 0;
    for (let i = 0; i < looked; i++) bytes += of((entries.next() as IteratorYieldResult<T>).value);
    return looked === 0 ? 0 : (bytes / looked) * size;
  }
}

function bytesOf(value: bigint): number {
  return value >= -0x8000_0000_0000_0000n && value <= 0x7fff_ffff_ffff_ffffn ? NUMBER : value.toString(16).length / 2;
}
