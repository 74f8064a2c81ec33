import type { StandardSchemaV1 } from '@standard-schema/spec';
import { SchemaAsynchronous } from '../../connector/errors.js';
import { excerptOf } from '../../connector/excerpt.js';
import { SchemaMismatch } from '../errors.js';
import { valueAt, type UnsafeInteger, type ValuePath, withValueAt } from './exact-integers.js';

/** How many issues an error names. */
const MOST_ISSUES = 3;

/**
 * Validates records with a Standard Schema, and finds out where the schema wants a bigint: JSON has one kind of number, so
 * a whole number is given as bigint exactly where the schema refuses (or itself converts) a number and takes the bigint.
 * A place once found is remembered, so that later records need one validation.
 */
export class SchemaCheck<T> {
  readonly #validate: StandardSchemaV1<unknown, T>['~standard']['validate'];
  /** Places of bigints, positions in arrays as `*`. */
  readonly #bigints: Map<string, ValuePath>;

  constructor(schema: StandardSchemaV1<unknown, T>, bigints: readonly ValuePath[] = []) {
    this.#validate = schema['~standard'].validate;
    this.#bigints = new Map(bigints.map((path) => [JSON.stringify(path), path]));
  }

  /** What the schema makes of a value with safe numbers only. */
  check(value: unknown, text: string): T {
    const prepared = this.#bigints.size === 0 ? value : this.#withKnownBigints(value);
    const result = this.#run(prepared);
    if (result.issues === undefined) return result.value;
    const again = this.#asBigints(prepared, this.#refusedIntegers(prepared, result.issues));
    if (again !== undefined) return again;
    throw mismatch(result.issues, text);
  }

  /**
   * The same for a value with integers that a double rounded: exact where the schema says bigint. `rounded` is called
   * for each that stays a number.
   */
  checkUnsafe(value: unknown, text: string, unsafe: readonly UnsafeInteger[], rounded: () => void): T {
    const exact = new Map(unsafe.map((integer) => [JSON.stringify(integer.path), integer.value]));
    const prepared = this.#withKnownBigints(value, exact);
    const first = this.#run(prepared);
    let output: T;
    if (first.issues === undefined) {
      output = first.value;
    } else {
      const refused = this.#refusedIntegers(prepared, first.issues).map(({ path, value: integer }) => ({ path, value: exact.get(JSON.stringify(path)) ?? integer }));
      const again = this.#asBigints(prepared, refused);
      if (again === undefined) throw mismatch(first.issues, text);
      output = again;
    }
    // A schema may also take the rounded number and make a bigint of it itself: then it wants the exact one.
    const left = unsafe.filter(({ path }) => typeof valueAt(prepared, path) === 'number');
    const converted = left.filter(({ path }) => typeof valueAt(output, path) === 'bigint');
    const exactly = this.#asBigints(prepared, converted);
    for (let count = exactly === undefined ? 0 : converted.length; count < left.length; count++) rounded();
    return exactly ?? output;
  }

  /** The value with bigints at the places known to want them. Used alone when validation is turned down. */
  withKnownBigints(value: unknown, unsafe: readonly UnsafeInteger[], rounded: () => void): unknown {
    const exact = new Map(unsafe.map((integer) => [JSON.stringify(integer.path), integer.value]));
    const prepared = this.#withKnownBigints(value, exact);
    for (const { path } of unsafe) if (typeof valueAt(prepared, path) !== 'bigint') rounded();
    return prepared;
  }

  #withKnownBigints(value: unknown, exact?: ReadonlyMap<string, bigint>): unknown {
    let root = value;
    for (const pattern of this.#bigints.values()) {
      for (const path of matches(root, pattern, 0, [])) {
        const present = valueAt(root, path);
        const replacement = exact?.get(JSON.stringify(path)) ?? (Number.isSafeInteger(present) ? BigInt(present as number) : present);
        root = withValueAt(root, path, replacement);
      }
    }
    return root;
  }

  /** Integers at the places of issues: perhaps the schema wants bigints there. */
  #refusedIntegers(value: unknown, issues: readonly StandardSchemaV1.Issue[]): UnsafeInteger[] {
    const found: UnsafeInteger[] = [];
    for (const issue of issues) {
      const path = pathOf(issue);
      const present = path === undefined ? undefined : valueAt(value, path);
      if (path !== undefined && Number.isInteger(present)) found.push({ path, value: BigInt(present as number) });
    }
    return found;
  }

  /** Validates once more with bigints in these places. They are remembered when the schema then takes the record. */
  #asBigints(value: unknown, integers: readonly UnsafeInteger[]): T | undefined {
    if (integers.length === 0) return undefined;
    const before = integers.map(({ path }) => valueAt(value, path));
    let root = value;
    for (const { path, value: exact } of integers) root = withValueAt(root, path, exact);
    const result = this.#run(root);
    if (result.issues !== undefined) {
      integers.forEach(({ path }, index) => withValueAt(root, path, before[index]));
      return undefined;
    }
    for (const { path } of integers) {
      const pattern = path.map((step) => (typeof step === 'number' ? '*' : step));
      this.#bigints.set(JSON.stringify(path.map((step) => (typeof step === 'number' ? 0 : step))), pattern);
    }
    return result.value;
  }

  #run(value: unknown): StandardSchemaV1.Result<T> {
    const result = this.#validate(value);
    if (result instanceof Promise || typeof (result as { then?: unknown }).then === 'function') {
      (result as Promise<unknown>).then(undefined, () => undefined);
      throw SchemaAsynchronous.error({ what: 'the schema of the format answered with a promise' });
    }
    return result as StandardSchemaV1.Result<T>;
  }
}

/** The places of a pattern that exist in a value: `*` stands for every position of an array. */
function* matches(value: unknown, pattern: ValuePath, from: number, path: (number | string)[]): Generator<ValuePath> {
  if (from === pattern.length) {
    yield path;
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const step = pattern[from]!;
  if (Array.isArray(value)) {
    if (step !== '*') return;
    for (let at = 0; at < value.length; at++) yield* matches(value[at], pattern, from + 1, [...path, at]);
  } else if (Object.hasOwn(value, step)) {
    yield* matches((value as Record<number | string, unknown>)[step], pattern, from + 1, [...path, step]);
  }
}

function pathOf(issue: StandardSchemaV1.Issue): ValuePath | undefined {
  const path: (number | string)[] = [];
  for (const segment of issue.path ?? []) {
    const key = typeof segment === 'object' ? segment.key : segment;
    if (typeof key === 'symbol') return undefined;
    path.push(key);
  }
  return path;
}

function mismatch(issues: readonly StandardSchemaV1.Issue[], text: string): Error {
  const shown = issues.slice(0, MOST_ISSUES).map((issue) => `${pathText(pathOf(issue) ?? [])}: ${issue.message}`);
  const more = issues.length > MOST_ISSUES ? ` (and ${issues.length - MOST_ISSUES} more)` : '';
  return SchemaMismatch.error({ what: `${shown.join('; ')}${more} in ${excerptOf(text)}`, where: { path: pathText(pathOf(issues[0]!) ?? []) } });
}

function pathText(path: ValuePath): string {
  return path.reduce<string>((text, step) => text + (typeof step === 'number' ? `[${step}]` : `.${step}`), '$');
}
