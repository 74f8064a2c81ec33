/**
 * Key hash, key groups and their distribution (rule 36). All of this is fixed for ever: stored state is found by it.
 */
import { ByteWriter } from '../base/bytes.js';
import { MURMUR_SEED, murmur3, murmurFinal, murmurFinish, murmurMix, murmurTail } from '../base/murmur3.js';
import { KEY_TAG, keyError, magnitudeOf, writeKeyBytes } from './key-bytes.js';

/** The number of key groups unless a job sets another. */
export const DEFAULT_MAX_PARALLELISM = 128;

/** No job has more key groups (as in Flink). */
export const UPPER_BOUND_MAX_PARALLELISM: number = 1 << 15;

const scratch = new DataView(new ArrayBuffer(8));
const compositeWriter = new ByteWriter(256);

/**
 * The hash of a key, a signed 32-bit integer: murmur3-32 with seed 0 over its canonical bytes (`key-bytes.ts`), taken
 * from strings and numbers without making those bytes. Throws a coded error for what cannot be a key.
 */
export function keyHash(key: unknown): number {
  if (typeof key === 'string') return hashString(key);
  if (typeof key === 'number') return hashNumber(key);
  if (typeof key === 'boolean') return murmurFinish(murmurTail(MURMUR_SEED, KEY_TAG.boolean | (key ? 0x100 : 0)), 2);
  if (typeof key === 'bigint') return hashBigint(key);
  if (isNumberPair(key)) return hashPair(key[0], key[1]);
  compositeWriter.reset();
  writeKeyBytes(key, compositeWriter);
  return murmur3(compositeWriter.view());
}

/** The key group of a hash: 0 to `maxParallelism - 1`. */
export function keyGroupFor(hash: number, maxParallelism: number): number {
  return murmurFinal(hash) % maxParallelism;
}

/** The key group of a key. */
export function keyGroupOf(key: unknown, maxParallelism: number): number {
  return murmurFinal(keyHash(key)) % maxParallelism;
}

/** The subtask that owns a key group. */
export function subtaskForKeyGroup(keyGroup: number, parallelism: number, maxParallelism: number): number {
  return Math.floor((keyGroup * parallelism) / maxParallelism);
}

/** The key groups `first` to `last` (inclusive) that a subtask owns; none when `first > last`. */
export interface KeyGroupSpan {
  readonly first: number;
  readonly last: number;
}

/** The key groups of a subtask: together the subtasks' ranges cover all groups, none twice. */
export function keyGroupRange(subtask: number, parallelism: number, maxParallelism: number): KeyGroupSpan {
  return {
    first: Math.ceil((subtask * maxParallelism) / parallelism),
    last: Math.ceil(((subtask + 1) * maxParallelism) / parallelism) - 1,
  };
}

/** The bytes are the tag, then two per unit, so each word holds the end of one pair of units and the start of the next. */
function hashString(key: string): number {
  const length = key.length;
  let hash = MURMUR_SEED;
  let carry: number = KEY_TAG.string;
  let at = 0;
  for (; at + 1 < length; at += 2) {
    const second = key.charCodeAt(at + 1);
    hash = murmurMix(hash, carry | (key.charCodeAt(at) << 8) | (second << 24));
    carry = second >>> 8;
  }
  hash = at < length ? murmurTail(hash, carry | (key.charCodeAt(at) << 8)) : murmurTail(hash, carry);
  return murmurFinish(hash, 1 + length * 2);
}

/**
 * As {@link keyHash}, of a text whose units lie in memory one after the other from `start` on: one byte each, or two where it is `wide`, the low one first. The
 * bytes are there; that is not looked at.
 */
export function hashOfUnits(bytes: Uint8Array, start: number, length: number, wide: boolean): number {
  let hash = MURMUR_SEED;
  let carry: number = KEY_TAG.string;
  const step = wide ? 2 : 1;
  const unit = (place: number): number => (wide ? bytes[place]! | (bytes[place + 1]! << 8) : bytes[place]!);
  let place = start;
  for (let at = 1; at < length; at += 2) {
    const second = unit(place + step);
    hash = murmurMix(hash, carry | (unit(place) << 8) | (second << 24));
    carry = second >>> 8;
    place += 2 * step;
  }
  hash = (length & 1) !== 0 ? murmurTail(hash, carry | (unit(place) << 8)) : murmurTail(hash, carry);
  return murmurFinish(hash, 1 + length * 2);
}

function hashNumber(key: number): number {
  if (key !== key) throw keyError(key, '$');
  scratch.setFloat64(0, key + 0, true);
  const low = scratch.getInt32(0, true);
  const high = scratch.getInt32(4, true);
  let hash = murmurMix(MURMUR_SEED, KEY_TAG.number | (low << 8));
  hash = murmurMix(hash, (low >>> 24) | (high << 8));
  return murmurFinish(murmurTail(hash, high >>> 24), 9);
}

function isNumberPair(key: unknown): key is readonly [number, number] {
  return Array.isArray(key) && key.length === 2 && typeof key[0] === 'number' && typeof key[1] === 'number' && key[0] === key[0] && key[1] === key[1];
}

/** The bytes of a tuple of two numbers: its tag and length, then each number behind its tag. */
const pairBytes = new DataView(new ArrayBuffer(24));
pairBytes.setUint8(0, KEY_TAG.tuple);
pairBytes.setUint32(1, 2, true);
pairBytes.setUint8(5, KEY_TAG.number);
pairBytes.setUint8(14, KEY_TAG.number);

/** As for any composite, with nothing made for it. */
function hashPair(first: number, second: number): number {
  pairBytes.setFloat64(6, first + 0, true);
  pairBytes.setFloat64(15, second + 0, true);
  let hash = MURMUR_SEED;
  for (let at = 0; at < 20; at += 4) hash = murmurMix(hash, pairBytes.getInt32(at, true));
  return murmurFinish(murmurTail(hash, pairBytes.getInt32(20, true)), 23);
}

function hashBigint(key: bigint): number {
  const magnitude = magnitudeOf(key);
  const bytes = new Uint8Array(magnitude.length + 2);
  bytes[0] = KEY_TAG.bigint;
  bytes[1] = key < 0n ? 1 : 0;
  bytes.set(magnitude, 2);
  return murmur3(bytes);
}
