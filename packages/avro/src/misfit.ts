/** A value that does not fit; the path grows on the way up. */
export class Misfit {
  path: string;
  readonly what: string;

  constructor(what: string) {
    this.path = '';
    this.what = what;
  }
}

/** What is thrown for a value that is none of a type. */
export function notA(value: unknown, type: string): Misfit {
  return new Misfit(`${shown(value)} is no ${type}`);
}

/** A value in a few words. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : value instanceof Uint8Array ? `${value.length} bytes` : `an object of ${value.constructor?.name ?? 'no class'}`;
  return typeof value === 'function' ? 'a function' : String(value);
}
