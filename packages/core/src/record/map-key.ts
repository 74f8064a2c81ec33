/**
 * What stands for a key inside one process: the key of in-memory Maps, and the frozen key that users see.
 */
import { keyError, keyTooDeep, MAX_KEY_DEPTH, sortedFields } from './key-bytes.js';
import { isPlainObject } from './value-domain.js';

/** What a key looks like in an in-memory Map. */
export type MapKey = string | number | bigint | boolean;

/** A composite's text begins with it, and so does the stand-in of a string that begins with U+0000. */
const ESCAPE = '\u0000';

/**
 * What goes into a `Map` for a key: the primitive itself, a canonical text for tuples and objects. Equal results mean
 * equal keys by rule 37 and nothing else (a `Map` keeps `1`, `1n`, `"1"` and `true` apart, and takes -0 for 0). Throws a
 * coded error for what cannot be a key.
 */
export function mapKey(key: unknown): MapKey {
  switch (typeof key) {
    case 'string':
      return key.charCodeAt(0) === 0 ? `${ESCAPE}s${key}` : key;
    case 'number':
      if (key !== key) throw keyError(key, '$');
      return key;
    case 'bigint':
    case 'boolean':
      return key;
    default:
      return pairText(key) ?? ESCAPE + canonicalText(key, '$', 0);
  }
}

/** {@link mapKey} in the form that values in state keep for ever (those of `countDistinct`): composites always by their canonical text. */
export function storedMapKey(key: unknown): MapKey {
  return typeof key === 'object' && key !== null ? ESCAPE + canonicalText(key, '$', 0) : mapKey(key);
}

/** What follows the escape of a pair of whole numbers: canonical texts begin with a letter or a bracket. */
const PAIR = 1;

/** The stand-in of a tuple of two 32-bit whole numbers, the commonest composite: their bits, with no digits to write; undefined for all else. */
function pairText(key: unknown): string | undefined {
  if (!isIntPair(key)) return undefined;
  const [first, second] = key;
  return String.fromCharCode(0, PAIR, first & 0xffff, first >>> 16, second & 0xffff, second >>> 16);
}

/** Whether a key is a tuple of two whole numbers of 32 bits (-0 counts as 0). */
export function isIntPair(key: unknown): key is readonly [number, number] {
  if (!Array.isArray(key) || key.length !== 2) return false;
  const first: unknown = key[0];
  const second: unknown = key[1];
  return typeof first === 'number' && (first | 0) === first && typeof second === 'number' && (second | 0) === second;
}

/** The key that users see: the original, frozen through and through; -0 becomes 0. */
export function freezeKey<K>(key: K): K {
  if (typeof key === 'number') return (key + 0) as K;
  if (typeof key === 'object' && key !== null && !Object.isFrozen(key)) freezeComposite(key);
  return key;
}

function freezeComposite(key: object): void {
  Object.freeze(key);
  for (const part of Array.isArray(key) ? key : Object.values(key)) {
    if (typeof part === 'object' && part !== null && !Object.isFrozen(part)) freezeComposite(part);
  }
}

/** Each part says its kind and where it ends, so that no two keys share a text. */
function canonicalText(key: unknown, path: string, depth: number): string {
  switch (typeof key) {
    case 'string':
      return `s${key.length}:${key}`;
    case 'number':
      if (key !== key) throw keyError(key, path);
      // String() gives the shortest digits that read back as the same number, and "0" for -0.
      return `n${key};`;
    case 'bigint':
      return `b${key};`;
    case 'boolean':
      return key ? 't' : 'f';
    case 'object':
      if (key !== null) return compositeText(key, path, depth);
      throw keyError(key, path);
    default:
      throw keyError(key, path);
  }
}

function compositeText(key: object, path: string, depth: number): string {
  if (depth >= MAX_KEY_DEPTH) throw keyTooDeep(path);
  if (Array.isArray(key)) {
    let text = `[${key.length}:`;
    for (let i = 0; i < key.length; i++) text += canonicalText(key[i], `${path}[${i}]`, depth + 1);
    return text;
  }
  if (!isPlainObject(key)) throw keyError(key, path);
  const names = sortedFields(key);
  let text = `{${names.length}:`;
  for (const name of names) {
    text += `${name.length}:${name}${canonicalText((key as Record<string, unknown>)[name], `${path}.${name}`, depth + 1)}`;
  }
  return text;
}
