import { fieldOf } from '../key-field.js';
import type { StageCode } from './stage-code.js';

/** Statements that declare `key`, the key of the record in the variable `value`. */
export function keyText(code: StageCode, keyOf: (value: unknown) => unknown, value: string): string {
  const selector = code.part(keyOf);
  const field = fieldOf(keyOf);
  if (field === undefined) return `const key = ${selector}(${value});`;
  // A record without the key goes to the function, which has the words for it.
  return `
let key = ${value} === null || ${value} === undefined ? undefined : ${value}[${JSON.stringify(field)}];
if (key === undefined || key === null) key = ${selector}(${value});`;
}
