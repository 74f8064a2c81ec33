/** How often each text occurs. */
export function multisetOf(rows: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row, (counts.get(row) ?? 0) + 1);
  return counts;
}

/** The first text that `part` has more often than `whole`, with both counts; undefined when there is none. */
export function surplus(part: ReadonlyMap<string, number>, whole: ReadonlyMap<string, number>): { readonly row: string; readonly has: number; readonly allowed: number } | undefined {
  for (const [row, has] of part) {
    const allowed = whole.get(row) ?? 0;
    if (has > allowed) return { row, has, allowed };
  }
  return undefined;
}
