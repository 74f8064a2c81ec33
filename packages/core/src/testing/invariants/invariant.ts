/** What a test has seen of a run; where it could not look, it says why. */
export type Observed<T> = { readonly kind: 'observed'; readonly value: T } | { readonly kind: 'absent'; readonly why: string };

/** What an invariant says of a run. */
export type Verdict =
  | { readonly kind: 'holds' }
  | { readonly kind: 'violated'; readonly what: string }
  | { readonly kind: 'notApplicable'; readonly why: string };

/** The names of the invariants, as the design numbers them. */
export type InvariantId = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I9' | 'I10' | 'I11' | 'I12';

/** One thing that holds for every run, whatever failed in it. */
export interface Invariant<T> {
  readonly id: InvariantId;
  /** What holds, in a sentence. */
  readonly title: string;
  /** Judges what was seen. Pure: the same observation, the same verdict. */
  check(observed: Observed<T>): Verdict;
}

/** Something was seen. */
export function observed<T>(value: T): Observed<T> {
  return { kind: 'observed', value };
}

/** Nothing could be seen, for this reason. */
export function absent<T>(why: string): Observed<T> {
  return { kind: 'absent', why };
}

/** Makes an invariant of a function that names what is wrong, or gives undefined. */
export function defineInvariant<T>(id: InvariantId, title: string, wrong: (value: T) => string | undefined): Invariant<T> {
  return Object.freeze({
    id,
    title,
    check: (seen: Observed<T>): Verdict => {
      if (seen.kind === 'absent') return { kind: 'notApplicable', why: seen.why };
      const what = wrong(seen.value);
      return what === undefined ? { kind: 'holds' } : { kind: 'violated', what };
    },
  });
}
