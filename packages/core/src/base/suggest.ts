/** Longer names are not compared: the cost grows with the square of the length. */
const LONGEST_COMPARED = 64;

/**
 * The known name closest to a mistyped one, or undefined when none is close enough to be meant. Case is a small
 * difference; two swapped neighbours count as one.
 */
export function suggest(mistyped: string, known: Iterable<string>): string | undefined {
  const wanted = mistyped.toLowerCase();
  const allowed = Math.max(1, Math.floor(wanted.length / 3));
  let best: string | undefined;
  let bestDistance = allowed + 1;
  for (const name of known) {
    const distance = editDistance(wanted, name.toLowerCase());
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** A sentence `Did you mean "x"?` with a space before it, or nothing: to be put behind a `what` or before a remedy. */
export function didYouMean(mistyped: string, known: Iterable<string>): string {
  const name = suggest(mistyped, known);
  return name === undefined ? '' : ` Did you mean "${name}"?`;
}

/** How many insertions, removals, replacements and swaps of neighbours lead from one text to the other. */
export function editDistance(from: string, to: string): number {
  if (from === to) return 0;
  if (from.length > LONGEST_COMPARED || to.length > LONGEST_COMPARED) return Math.max(from.length, to.length);
  let beforeLast: number[] = [];
  let last: number[] = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const row: number[] = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) {
        cost = Math.min(cost, beforeLast[j - 2]! + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[to.length]!;
}
