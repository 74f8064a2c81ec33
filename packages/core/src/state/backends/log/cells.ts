import { DEAD, FIRST, HEAD, LAST, NEXT, PREV, type Rows } from './rows.js';

/** The children of a head as a list linked both ways. */

/** Makes a row the last child of its head. */
export function linkChild(rows: Rows, head: number, child: number): void {
  const last = rows.get(head, LAST);
  rows.set(child, HEAD, head);
  rows.set(child, PREV, last);
  rows.set(child, NEXT, -1);
  if (last >= 0) rows.set(last, NEXT, child);
  else rows.set(head, FIRST, child);
  rows.set(head, LAST, child);
}

/** Takes a child out. */
export function unlinkChild(rows: Rows, child: number): void {
  const head = rows.get(child, HEAD);
  const before = rows.get(child, PREV);
  const after = rows.get(child, NEXT);
  if (before >= 0) rows.set(before, NEXT, after);
  else rows.set(head, FIRST, after);
  if (after >= 0) rows.set(after, PREV, before);
  else rows.set(head, LAST, before);
}

/** The children of a head that are alive now, in their order. */
export function liveChildren(rows: Rows, head: number): number[] {
  const slots: number[] = [];
  for (let at = rows.get(head, FIRST); at >= 0; at = rows.get(at, NEXT)) if (!rows.has(at, DEAD)) slots.push(at);
  return slots;
}
