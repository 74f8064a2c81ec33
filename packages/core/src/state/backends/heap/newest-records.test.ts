import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../../base/bytes.js';
import { murmurMix } from '../../../base/murmur3.js';
import { hashOfUnits, keyHash } from '../../../record/key-hash.js';
import { t } from '../../../record/types/t.js';
import type { TypeInfo } from '../../../record/types/type-info.js';
import { SimulatedPlatform } from '../../../testing/simulation/simulated-platform.js';
import { kitBackend, takeSnapshot } from '../../../testing/state-backend-kit.js';
import type { StateBackend, StateBackendFactory } from '../../backend.js';
import { appendToChain } from '../../snapshot-chain.js';
import type { BlobSection } from '../../format/key-group-blob.js';
import type { StateMeta } from '../../format/state-meta.js';
import { TAG } from '../../format/tags.js';
import { ValueCodec } from '../../format/value-codec.js';
import { state } from '../../state-builders.js';
import { logStateBackendFactory } from '../log/log-state-backend.js';
import { heapStateBackendFactory } from './heap-state-backend.js';
import { NewestRecords } from './newest-records.js';
import type { RestoredChain, RestoredState } from './restored-state.js';
import { TextWindow } from './text-window.js';

const GROUPS = 4;
/** Texts of all kinds: short and long, of one byte and of two for each unit, with the mark of composites, and prefixes of each other. */
const TEXTS: readonly string[] = [
  '', 'a', 'ab', 'user-1', 'user-12', 'twelve chars', 'thirteen char', 'x'.repeat(63), 'x'.repeat(64), 'y'.repeat(300), 'ÿ', 'ÿÿÿ', '\u0000', '\u0000s', '\u0000sa',
  '\u0100', 'a\u0100', '\ud800', 'größer', '日本語', `${'z'.repeat(70)}\u2028`, '__proto__', ...Array.from({ length: 40 }, (_, at) => `key ${at}`),
];
const OTHERS: readonly unknown[] = [1, -1, 0.5, 7n, true, ['a', 1]];

const platform = new SimulatedPlatform({ seed: 1 });

function logFactory(): StateBackendFactory {
  return logStateBackendFactory({ files: platform.files, random: platform.random, directory: '/work', segmentBytes: 4000 });
}

const factories: Readonly<Record<'heap' | 'log', () => StateBackendFactory>> = { heap: () => heapStateBackendFactory, log: logFactory };

/** A value whose encoding has one size, and one whose encoding has not. */
const VALUES = {
  fixed: { type: t.struct({ n: t.number, at: t.number }) as TypeInfo<unknown>, of: (n: number): unknown => ({ n, at: n % 3 === 0 ? n / 7 : -0 }) },
  varying: { type: t.struct({ n: t.number, text: t.string }) as TypeInfo<unknown>, of: (n: number): unknown => ({ n, text: 'v'.repeat(n % 90) }) },
};

interface Case {
  readonly from: 'heap' | 'log';
  readonly to: 'heap' | 'log';
  readonly value: keyof typeof VALUES;
  readonly keyType: TypeInfo | undefined;
  readonly ttl: boolean;
}

function backendOf(factory: StateBackendFactory, { value, keyType, ttl }: Case, restore?: Parameters<StateBackend['restore']>[0]): { backend: StateBackend; put(key: unknown, n: number | undefined): void; get(key: unknown): unknown; other(key: unknown): unknown } {
  const backend = kitBackend(factory, { keyGroups: { first: 0, last: GROUPS - 1 }, maxParallelism: GROUPS, smallChainBytes: 1 << 20, files: platform.files, ...(keyType === undefined ? {} : { keyType }) });
  if (restore !== undefined) backend.restore(restore);
  const handle = backend.keyedState('v', state.value(VALUES[value].type, ttl ? { ttl: 1e9 } : {}));
  // A second state shares the keys of the first on the heap, and has some of them only.
  const second = backend.keyedState('w', state.value(t.number));
  return {
    backend,
    put: (key, n) => {
      backend.setCurrentKey(key);
      if (n === undefined) handle.clear();
      else handle.update(VALUES[value].of(n));
      if (n === undefined || n % 2 === 0) second.clear();
      else second.update(n);
    },
    get: (key) => {
      backend.setCurrentKey(key);
      return handle.value();
    },
    other: (key) => {
      backend.setCurrentKey(key);
      return second.value();
    },
  };
}

/** Applies changes with a snapshot behind each round, restores the chain, and compares with what was there. Twice, since the second restore is of what the first wrote. */
function runCase(test: Case, rounds: readonly (readonly (readonly [key: number, n: number])[])[], keys: readonly unknown[]): void {
  const expected = new Map<unknown, number>();
  const first = backendOf(factories[test.from](), test);
  let chain: ReturnType<typeof takeSnapshot> | undefined;
  let id = 0;
  for (const round of rounds) {
    for (const [at, n] of round) {
      const key = keys[at % keys.length];
      const kept = n % 5 === 0 ? undefined : n;
      first.put(key, kept);
      if (kept === undefined) expected.delete(key);
      else expected.set(key, kept);
    }
    const next = takeSnapshot(first.backend, ++id);
    chain = chain === undefined ? next : appendToChain(chain, next);
    first.backend.snapshotComplete(id);
  }
  if (chain === undefined) return;
  for (const to of [test.to, test.from]) {
    const again = backendOf(factories[to](), test, [chain]);
    for (const key of keys) {
      const n = expected.get(key);
      expect(again.get(key)).toEqual(n === undefined ? undefined : VALUES[test.value].of(n));
      expect(again.other(key)).toBe(n === undefined || n % 2 === 0 ? undefined : n);
    }
    const seen: unknown[] = [];
    again.backend.forEachKey('v', (key) => void seen.push(key));
    expect(seen.length).toBe(expected.size);
    expect(new Set(seen.filter((key) => typeof key !== 'object'))).toEqual(new Set([...expected.keys()].filter((key) => typeof key !== 'object')));
    chain = takeSnapshot(again.backend, ++id);
  }
}

/** Texts of four units with one hash: the second word that is hashed takes back what the first has done. */
function collidingTexts(count: number): string[] {
  const inverse = (odd: number): number => {
    let found = odd;
    for (let step = 0; step < 5; step++) found = Math.imul(found, 2 - Math.imul(odd, found));
    return found;
  };
  const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));
  // As `murmurMix`, backwards: the word that leads from one hash to another.
  const wordBetween = (from: number, to: number): number => {
    const mixed = rotate(Math.imul(to - 0xe6546b64, inverse(5)), 19) ^ from;
    return Math.imul(rotate(Math.imul(mixed, inverse(0x1b873593)), 17), inverse(0xcc9e2d51));
  };
  return Array.from({ length: count }, (_, at) => {
    const first = 1 | (at << 8);
    const second = wordBetween(murmurMix(0, first), 4711);
    const bytes = [first >>> 8, first >>> 16, first >>> 24, second, second >>> 8, second >>> 16, second >>> 24, 1].map((byte) => byte & 0xff);
    return String.fromCharCode(...[0, 2, 4, 6].map((place) => bytes[place]! | (bytes[place + 1]! << 8)));
  });
}

/** The entries of a part by key, each with a time where the state has a time to live. */
function partOf(ttl: boolean, entries: Readonly<Record<string, number>>): BlobSection {
  const writer = new ByteWriter();
  for (const [key, time] of Object.entries(entries)) {
    writer.u8(TAG.value);
    writer.string(key);
    if (ttl) writer.f64(time);
    writer.f64(1);
  }
  return { state: { ttl: ttl ? {} : null } as StateMeta, removed: new Uint8Array(0), entries: writer.toBytes() };
}

/** Reads parts, the oldest first, and says what came of it. */
function readParts(records: NewestRecords, parts: readonly BlobSection[]): boolean {
  const restored: Pick<RestoredState, 'apply'> = { apply: (section, use) => use(section as unknown as BlobSection) };
  records.clear();
  const readers = { key: new ValueCodec(t.string), mapKey: undefined, value: new ValueCodec(t.number) };
  return records.read(restored as RestoredState, parts as unknown as RestoredChain, parts.map(() => readers));
}

describe('records found by the bytes of their keys', () => {
  for (const from of ['heap', 'log'] as const) {
    for (const to of ['heap', 'log'] as const) {
      it(`R37 ${from} to ${to}: a base and its deltas give the newest value of each text, and none for removed ones`, () => {
        fc.assert(
          fc.property(
            fc.array(fc.array(fc.tuple(fc.nat(200), fc.nat(1000)), { maxLength: 60 }), { minLength: 1, maxLength: 6 }),
            fc.constantFrom('fixed' as const, 'varying' as const), fc.boolean(), fc.boolean(), fc.boolean(),
            (rounds, value, typed, ttl, mixed) => runCase({ from, to, value, keyType: typed ? t.string : undefined, ttl }, rounds, mixed && !typed ? [...TEXTS, ...OTHERS] : TEXTS),
          ),
          { numRuns: 40 },
        );
      });
    }
  }

  it('restores more keys than one table of the index holds, in the room that was made for them', () => {
    for (const to of ['heap', 'log'] as const) {
      const test: Case = { from: 'heap', to, value: 'fixed', keyType: t.string, ttl: false };
      const keys = Array.from({ length: 12_000 }, (_, at) => `user-${at}`);
      const all = keys.map((_, at) => [at, at * 5 + 1] as const);
      runCase(test, [all, all.filter((_, at) => at % 3 === 0).map(([at, n]) => [at, n + 1 + (at % 4)] as const)], keys);
    }
  });

  it('takes the other way for keys that were chosen to have one hash', () => {
    const keys = collidingTexts(700);
    expect(new Set(keys).size).toBe(700);
    expect(new Set(keys.map(keyHash)).size).toBe(1);
    const rounds = [keys.map((_, at) => [at, at * 5 + 1] as const), keys.map((_, at) => [at, at * 5 + 2 + (at % 4)] as const)];
    for (const to of ['heap', 'log'] as const) runCase({ from: 'heap', to, value: 'varying', keyType: t.string, ttl: false }, rounds, [...keys, 'another']);
  });

  it('says of each record when it was renewed, and of one in a part without times that nothing is known, in whatever order they come', () => {
    const records = new NewestRecords(true);
    const times = (): [string, number][] => Array.from({ length: records.count }, (_, at) => [new ByteReader(records.bytesOf(at).subarray(records.keyStart(at))).string(), records.timeOf(at)]);
    expect(readParts(records, [partOf(true, { a: 1, b: 2 }), partOf(false, { b: 0, c: 0 })])).toBe(true);
    expect(times()).toEqual([['b', NaN], ['c', NaN], ['a', 1]]);
    expect(readParts(records, [partOf(false, { a: 0, b: 0 }), partOf(true, { b: 3, c: 4 })])).toBe(true);
    expect(times()).toEqual([['b', 3], ['c', 4], ['a', NaN]]);
  });

  it('gives up the memory of a key group that was far larger than the next one', () => {
    const records = new NewestRecords(false);
    const many = partOf(false, Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`key ${at}`, 0])));
    const smallest = records.capacity;
    for (const [part, count, kept] of [[many, 1000, true], [many, 1000, true], [partOf(false, { a: 0 }), 1, false], [many, 1000, true]] as const) {
      expect(readParts(records, [part, part])).toBe(true);
      expect([records.count, records.live]).toEqual([count, count]);
      records.clear();
      expect(records.capacity > smallest).toBe(kept);
    }
  });

  it('leaves parts alone whose places do not fit into its words', () => {
    const part = partOf(false, { a: 0 });
    Object.defineProperty(part.entries, 'length', { value: 2 ** 31 });
    expect(readParts(new NewestRecords(true), [part])).toBe(false);
  });

  it('hashes texts where they lie as they are hashed by themselves', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.nat(3), (text, before) => {
        const writer = new ByteWriter();
        for (let at = 0; at < before; at++) writer.u8(1);
        writer.string(text);
        const bytes = writer.toBytes();
        const reader = new ByteReader(bytes);
        reader.skip(before);
        const header = reader.varint32();
        expect(hashOfUnits(bytes, reader.position, header >>> 1, (header & 1) !== 0)).toBe(keyHash(text));
        expect(new TextWindow().textAt(bytes, reader.position, header)).toBe(text);
      }),
    );
  });

  it('cuts texts out of a window in any order, also where it ends', () => {
    const writer = new ByteWriter();
    const texts = Array.from({ length: 5000 }, (_, at) => `${at}`.padStart((at % 16) + 1, 'é'));
    const places = texts.map((text) => {
      writer.string(text);
      return writer.length - text.length;
    });
    const bytes = writer.toBytes();
    const window = new TextWindow();
    for (const step of [1, 7, 4999]) {
      for (let count = 0, at = 0; count < texts.length; count++, at = (at + step) % texts.length) expect(window.textAt(bytes, places[at]!, texts[at]!.length * 2)).toBe(texts[at]);
    }
  });
});
