import { heapBackend } from './core.mjs';
import { plainRow } from './kinds-of-rows.mjs';
import { partOfRows } from './part-of-rows.mjs';
import { RowsByHand } from './rows-by-hand.mjs';

/** Snapshots in one slice. */
const REPEATS = 6;

/** Whole snapshots of 100,000 rows in memory, against a loop that encodes the same rows with the same codecs. */
export const part = partOfRows({ title: 'snapshot', repeats: REPEATS, loop: encodingByHand, engine: snapshots });

/** A backend with rows in it. */
export function filledBackend(kind, rows) {
  const backend = heapBackend(kind.keyType);
  const handle = kind.declare(backend);
  for (let n = 0; n < rows; n++) kind.fill(backend, handle, n);
  return backend;
}

/** The same rows by hand. */
export function filledByHand(kind, rows) {
  const hand = new RowsByHand(kind.keyType, kind.handType);
  for (let n = 0; n < rows; n++) kind.fillHand(hand, n);
  return hand;
}

export function takeSnapshot(backend, checkpointId) {
  const run = backend.beginSnapshot(checkpointId);
  while (run.advance(1000) === 'more');
  return run.result();
}

function snapshots(kind, rows) {
  const backend = filledBackend(kind, rows);
  let checkpointId = 0;
  let last;
  return {
    run() {
      for (let repeat = 0; repeat < REPEATS; repeat++) last = takeSnapshot(backend, ++checkpointId);
    },
    rows(take) {
      const restored = heapBackend(kind.keyType);
      restored.restore([last]);
      kind.rows(restored, kind.declare(restored), (row) => take(plainRow(row)));
    },
  };
}

function encodingByHand(kind, rows) {
  const hand = filledByHand(kind, rows);
  let last;
  return {
    run() {
      for (let repeat = 0; repeat < REPEATS; repeat++) last = hand.encode();
    },
    rows(take) {
      hand.decode(last);
      hand.each((key, value) => take(plainRow({ key, value })));
    },
  };
}
