import { AssertionError } from '../base/assert.js';

/** Throws unless both look the same; `what` begins the sentence that says so. */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  if (shown(actual) === shown(expected)) return;
  throw new AssertionError(`${what} is ${shown(actual)} and should be ${shown(expected)}`);
}

/** Throws unless the callback throws an error of the given code. */
export function expectCode(code: string, what: string, callback: () => unknown): void {
  let thrown: unknown;
  try {
    callback();
  } catch (error) {
    thrown = error;
  }
  const found = thrown instanceof Error && 'code' in thrown ? thrown.code : thrown === undefined ? 'nothing' : String(thrown);
  expectSame(found, code, `what ${what} throws`);
}

function shown(value: unknown): string | undefined {
  return JSON.stringify(value, (_name, part: unknown) => {
    if (typeof part === 'bigint') return `${part}n`;
    if (part === undefined) return 'undefined';
    return typeof part === 'number' && !Number.isFinite(part) ? String(part) : part;
  });
}
