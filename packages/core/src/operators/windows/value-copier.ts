import { canGenerateCode, generateFunction, literalProperty } from '../../record/codec/code-generation.js';
import { copyValue } from './copy-value.js';

/** Objects with more fields are copied as anything else is. */
const MOST_FIELDS = 16;

/**
 * Copies values as {@link copyValue} does, faster where all are like the first one and that is a plain object of fields that need no copying, as the accumulators of most
 * aggregates are. Such a copy is a literal of the same fields: V8 gives it the shape that the program's own literals have, where one by spread has another, and the functions that take it
 * would be made for both. Fields named by symbols, which are not of the value domain, are copied if the first value has any.
 */
export class ValueCopier {
  #copy: (value: unknown) => unknown;

  constructor() {
    this.#copy = (value) => this.#learn(value);
  }

  copy(value: unknown): unknown {
    return this.#copy(value);
  }

  #learn(value: unknown): unknown {
    const names = fieldsOf(value);
    this.#copy = names === undefined ? copyValue : literalCopy(names);
    return this.#copy(value);
  }
}

/** The names of a plain object whose fields need no copying; undefined for anything else. */
function fieldsOf(value: unknown): readonly string[] | undefined {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype || !canGenerateCode()) return undefined;
  const names = Object.keys(value);
  const isFlat = Object.values(value).every((field) => typeof field !== 'object' || field === null);
  const isLiteral = isFlat && names.length > 0 && names.length <= MOST_FIELDS && !names.includes('constructor') && Object.getOwnPropertySymbols(value).length === 0;
  return isLiteral ? names : undefined;
}

/** A copier of objects of these fields, in this order. Reading the constructor tells V8 the shape, and with it the prototype, which it would otherwise ask its runtime for. */
function literalCopy(names: readonly string[]): (value: unknown) => unknown {
  const fields = names.map((name, at) => `const f${at} = value[${JSON.stringify(name)}];`).join('\n');
  const isNested = names.map((_, at) => `(typeof f${at} === 'object' && f${at} !== null)`).join(' || ');
  const body = `
if (typeof value !== 'object' || value === null || value.constructor !== Object || Object.getPrototypeOf(value) !== Object.prototype) return copyValue(value);
let at = 0;
for (const name in value) {
  if (at === ${names.length} || name !== names[at]) return copyValue(value);
  at++;
}
if (at !== ${names.length}) return copyValue(value);
${fields}
if (${isNested}) return copyValue(value);
return { ${names.map((name, at) => literalProperty(name, `f${at}`)).join(', ')} };`;
  return generateFunction(['value'], { copyValue, names }, body) as (value: unknown) => unknown;
}
