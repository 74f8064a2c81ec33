import type { Pane } from '../../state/backend.js';
import { RunningTotals } from './running-totals.js';

/** So many keys of the first slice are used, in blocks of so many. */
const KEYS = 8;
const ROWS = 4;
/** Windows that are rehearsed, of so many slices each. V8 begins to note what a function sees after some ten of its calls, and compiles it after some hundreds. */
const WINDOWS = 48;
const SLICES = 4;
/** Of so many windows one has no elements for some of the keys, and of so many slices none for long enough that they have gone. */
const CYCLE = 16;
const ABSENT_FROM = 9;

let isPrepared = false;

/**
 * Takes totals through all of their ways once in a thread, with the keys and accumulators of its first slice. The first key that leaves a window, the first front, the first total of
 * two parts come when code has been compiled that knows nothing of them, and would throw it away with all that it was compiled into. No user's function is called, and nothing is changed
 * but totals that are dropped; V8 sees no kinds of keys and accumulators that are not the job's (decision 0070).
 */
export function prepareTotals(pane: Pane<unknown>, turnDelay: (block: number) => number): void {
  if (isPrepared) return;
  const slots = usedSlots(pane);
  if (slots.length < KEYS) return;
  isPrepared = true;
  const totals = new RunningTotals(ROWS, turnDelay);
  const sums: unknown[] = new Array<unknown>(ROWS).fill(undefined);
  const isOwn = new Uint8Array(ROWS);
  for (let window = 1; window <= WINDOWS; window++) {
    // A difference of two moments, as those of an operator are: V8 keeps such numbers in another way than those that are counted.
    const end = pane.end + window - pane.end;
    slots.forEach((slot, at) => {
      if (isAbsent(window, at)) return;
      const place = totals.placeOf(pane.keyAt(slot));
      const block = totals.blocks[place >> totals.shift]!;
      if (!block.isStale(place & totals.mask)) block.append(place & totals.mask, end, pane.values[slots[(window + at) % KEYS]!], undefined);
    });
    for (let at = 0; at < totals.blocks.length; at++) {
      const block = totals.blocks[at]!;
      block.evict(end - SLICES, undefined);
      block.totals(end - SLICES + 1, undefined, sums, isOwn);
      totals.giveUp(at, sums);
      // Once more, also for a block whose last keys have just gone.
      block.evict(end - SLICES, undefined);
    }
    totals.trim();
  }
  totals.clear();
}

function isAbsent(window: number, key: number): boolean {
  // The keys of the first block go together, so that it has none while there are others behind it.
  const at = (window + Math.max(0, key - ROWS)) % CYCLE;
  return at >= ABSENT_FROM || at % (2 + (key % 3)) === 1;
}

function usedSlots(pane: Pane<unknown>): number[] {
  const slots: number[] = [];
  for (let slot = 0; slot < pane.slotLimit && slots.length < KEYS; slot++) if (pane.keyAt(slot) !== undefined) slots.push(slot);
  return slots;
}
