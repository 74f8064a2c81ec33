import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../base/bytes.js';
import type { MillraceError } from '../base/errors.js';
import { murmur3 } from '../base/murmur3.js';
import { KeyIsMissing, KeyIsNaN, KeyTypeUnsupported } from './errors.js';
import { keyBytes } from './key-bytes.js';
import { keyGroupFor, keyGroupOf, keyGroupRange, keyHash, subtaskForKeyGroup } from './key-hash.js';
import { freezeKey, mapKey, storedMapKey } from './map-key.js';

interface KeyVector {
  key: unknown;
  bytes: string;
  hash: number;
  keyGroup128: number;
  keyGroup32768: number;
}

const vectors = JSON.parse(readFileSync(new URL('./vectors/keys.json', import.meta.url), 'utf8')) as { vectors: KeyVector[] };

/** Vectors write keys as `{"string": …}` and so on, with strings as code units, since JSON cannot hold all of them. */
function parseKey(described: unknown): unknown {
  const [kind, value] = Object.entries(described as Record<string, unknown>)[0]!;
  switch (kind) {
    case 'string':
      return String.fromCharCode(...(value as number[]));
    case 'number':
      return Number(value);
    case 'bigint':
      return BigInt(value as string);
    case 'boolean':
      return value;
    case 'tuple':
      return (value as unknown[]).map(parseKey);
    default: {
      const object = {};
      for (const [units, part] of value as [number[], unknown][]) {
        Object.defineProperty(object, String.fromCharCode(...units), { value: parseKey(part), enumerable: true });
      }
      return object;
    }
  }
}

const anyKey = fc.letrec<{ key: unknown }>((tie) => ({
  key: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.constantFrom('', '\u0000', '\u0000s', '1', 's1:a', '\ud800', '__proto__', 'constructor', 'true'),
    fc.double({ noNaN: true }),
    fc.integer({ min: -3, max: 3 }),
    fc.bigInt(-300n, 300n),
    fc.bigInt(),
    fc.boolean(),
    fc.array(tie('key'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'constructor', '__proto__'), tie('key'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).key;

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as MillraceError).code;
  }
  return 'nothing thrown';
}

describe('keys', () => {
  it.each(vectors.vectors.map((vector) => [JSON.stringify(vector.key).slice(0, 60), vector] as const))('R36 R37 agrees with the vector %s', (_, vector) => {
    const key = parseKey(vector.key);
    expect(toHex(keyBytes(key))).toBe(vector.bytes);
    expect(keyHash(key)).toBe(vector.hash);
    expect(keyGroupOf(key, 128)).toBe(vector.keyGroup128);
    expect(keyGroupFor(vector.hash, 32768)).toBe(vector.keyGroup32768);
  });

  it('R36 hashes without making the bytes what murmur3 gives for the bytes', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        expect(keyHash(key)).toBe(murmur3(keyBytes(key)));
      }),
      { numRuns: 2000 },
    );
  });

  it('R36 gives every key group to exactly one subtask, in ranges', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), (maxParallelism, pick) => {
        const parallelism = (pick % maxParallelism) + 1;
        let next = 0;
        for (let subtask = 0; subtask < parallelism; subtask++) {
          const { first, last } = keyGroupRange(subtask, parallelism, maxParallelism);
          expect(first).toBe(next);
          for (let group = first; group <= last; group++) expect(subtaskForKeyGroup(group, parallelism, maxParallelism)).toBe(subtask);
          next = last + 1;
        }
        expect(next).toBe(maxParallelism);
      }),
      { numRuns: 300 },
    );
  });

  it('R37 keeps 1, 1n, "1", true and lone surrogates apart, and merges -0 with 0', () => {
    const keys = [1, 1n, '1', true, '\ud800', '\ud801', '\ufffd', '\u0000', '\u0000s\u0000', [1], ['1'], [[1]], { a: 1 }, { a: 1n }, '__proto__', 'constructor', { ['__proto__']: 1 }, [], {}, ''];
    expect(new Set(keys.map((key) => toHex(keyBytes(key)))).size).toBe(keys.length);
    expect(new Set(keys.map(mapKey)).size).toBe(keys.length);
    for (const [left, right] of [[-0, 0], [[-0], [0]], [{ a: 1, b: 2 }, { b: 2, a: 1 }]] as [unknown, unknown][]) {
      expect(keyHash(left)).toBe(keyHash(right));
      expect(toHex(keyBytes(left))).toBe(toHex(keyBytes(right)));
      expect(new Set([mapKey(left), mapKey(right)]).size).toBe(1);
    }
    expect(Object.is(freezeKey(-0), 0)).toBe(true);
  });

  it('R37 map keys are equal exactly when the bytes are', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (left, right) => {
        const sameBytes = toHex(keyBytes(left)) === toHex(keyBytes(right));
        expect(new Set([mapKey(left), mapKey(right)]).size === 1).toBe(sameBytes);
      }),
      { numRuns: 3000 },
    );
  });

  it('R37 stands for pairs of whole numbers by their value, and keeps the text of composites in state as it was', () => {
    const ends = [0, -0, 1, -1, 65_535, 65_536, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 0.5];
    const texts = new Map<unknown, readonly number[]>();
    for (const first of ends) {
      for (const second of ends) {
        const known = texts.get(mapKey([first, second]));
        expect(known === undefined || (known[0] === first && known[1] === second)).toBe(true);
        texts.set(mapKey([first, second]), [first, second]);
      }
    }
    expect(texts.size).toBe((ends.length - 1) ** 2);
    expect(new Set([[1, 2], [2, 1], [1, 2, 3], ['1', 2], [1], [1n, 2], [[1, 2]], '\u0000\u0001'].map(mapKey)).size).toBe(8);
    expect(storedMapKey([1, 2])).toBe('\u0000[2:n1;n2;');
  });

  it('R37 refuses null, undefined, NaN and values without fixed bytes, with a code and the path', () => {
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    for (const use of [keyHash, mapKey, keyBytes]) {
      for (const key of [null, undefined, [null], { a: undefined }]) expect(codeOf(() => use(key))).toBe(KeyIsMissing.code);
      for (const key of [Number.NaN, [Number.NaN]]) expect(codeOf(() => use(key))).toBe(KeyIsNaN.code);
      for (const key of [new Date(), Symbol('a'), () => 1, new Map(), new Uint8Array(1), cyclic]) expect(codeOf(() => use(key))).toBe(KeyTypeUnsupported.code);
    }
    expect(() => mapKey({ a: [1, null] })).toThrow('$.a[1]');
    expect(() => keyHash(new Date())).toThrow('getTime');
  });

  it('freezes keys through and through', () => {
    const key = { a: [1, { b: 2 }] };
    expect(freezeKey(key)).toBe(key);
    expect(Object.isFrozen(key.a[1])).toBe(true);
  });
});
