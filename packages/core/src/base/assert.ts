/**
 * Assertions stay on in production: they guard our own invariants, so a broken one is a bug of Millrace, never a
 * user's mistake. A user's mistake gets a coded error (`errors.ts`).
 */
export function assert(condition: unknown, invariant: string): asserts condition {
  if (!condition) throw new AssertionError(invariant);
}

/** Marks a branch that the types rule out; reaching it is a bug of Millrace. */
export function unreachable(value: never): never {
  throw new AssertionError(`unexpected ${String(value)}`);
}

/** A broken invariant of Millrace itself. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';

  constructor(invariant: string) {
    super(`Millrace broke its own invariant: ${invariant}. This is a bug in Millrace; please report it with this stack.`);
  }
}
