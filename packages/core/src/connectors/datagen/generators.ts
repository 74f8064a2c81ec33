import { ConnectorOptionInvalid } from '../errors.js';
import type { PositionalRandom } from './positional-random.js';

/** Makes the value of a field from the index of its record and chance. */
export type Generator<T> = (index: number, random: PositionalRandom) => T;

/** The values of generators, by field. */
export type Generated<F extends Readonly<Record<string, Generator<unknown>>>> = { [K in keyof F]: ReturnType<F[K]> };

/** Generators of field values for `datagen({ fields: … })`. */
export const gen: {
  /** Whole numbers, both ends included. */
  readonly integer: (min: number, max: number) => Generator<number>;
  /** Numbers from min up to, but not including, max. */
  readonly float: (min: number, max: number) => Generator<number>;
  /** Texts of so many letters and digits. */
  readonly text: (length: number) => Generator<string>;
  /** One of the values. */
  readonly oneOf: <T>(values: readonly T[]) => Generator<T>;
  /** True with this probability. */
  readonly chance: (probability: number) => Generator<boolean>;
  /** start, start + step, start + 2 × step … by the index of the record. */
  readonly sequence: (start?: number, step?: number) => Generator<number>;
  /** Timestamps that grow by `stepMs` a record, each up to `jitterMs` earlier. */
  readonly timestamp: (startMs: number, stepMs: number, jitterMs?: number) => Generator<number>;
} = Object.freeze({
  integer: (min: number, max: number): Generator<number> => {
    if (!(Number.isSafeInteger(min) && Number.isSafeInteger(max) && min <= max)) throw invalid(`integer(${min}, ${max}) is no range of whole numbers`);
    return (_index, random) => random.integer(min, max);
  },
  float: (min: number, max: number): Generator<number> => {
    if (!(Number.isFinite(min) && Number.isFinite(max) && min <= max)) throw invalid(`float(${min}, ${max}) is no range`);
    return (_index, random) => min + random.next() * (max - min);
  },
  text: (length: number): Generator<string> => {
    if (!(Number.isSafeInteger(length) && length >= 0)) throw invalid(`text(${length}) has no length`);
    return (_index, random) => textOf(length, random);
  },
  oneOf: <T>(values: readonly T[]): Generator<T> => {
    if (!Array.isArray(values) || values.length === 0) throw invalid('oneOf() needs at least one value');
    return (_index, random) => random.pick(values);
  },
  chance: (probability: number): Generator<boolean> => {
    if (!(probability >= 0 && probability <= 1)) throw invalid(`chance(${probability}) is no probability`);
    return (_index, random) => random.next() < probability;
  },
  sequence: (start: number = 0, step: number = 1): Generator<number> => (index) => start + index * step,
  timestamp: (startMs: number, stepMs: number, jitterMs: number = 0): Generator<number> => {
    if (!(Number.isFinite(startMs) && Number.isFinite(stepMs) && jitterMs >= 0)) throw invalid(`timestamp(${startMs}, ${stepMs}, ${jitterMs}) is no progress of time`);
    return (index, random) => Math.floor(startMs + index * stepMs - (jitterMs === 0 ? 0 : random.next() * jitterMs));
  },
});

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

function textOf(length: number, random: PositionalRandom): string {
  let text = '';
  for (let i = 0; i < length; i++) text += LETTERS[random.integer(0, LETTERS.length - 1)];
  return text;
}

function invalid(what: string): Error {
  return ConnectorOptionInvalid.error({ what: `datagen: ${what}` });
}
