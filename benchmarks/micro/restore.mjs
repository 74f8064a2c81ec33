import { heapBackend } from './core.mjs';
import { KINDS, plainRow } from './kinds-of-rows.mjs';
import { RowsByHand } from './rows-by-hand.mjs';
import { filledBackend, filledByHand, takeSnapshot } from './snapshots.mjs';
import { LIKE_A_WORKER, versus } from './versus.mjs';

const ROWS = 100_000;
/** Restores in one slice. */
const REPEATS = 4;

/** 100,000 rows put back from a snapshot in memory, against a loop that decodes the same rows with the same codecs into Maps. */
export const part = {
  title: 'restore',
  nodeFlags: LIKE_A_WORKER,
  cases: Object.keys(KINDS),
  run(what, { smoke }) {
    const rows = smoke ? 1_000 : ROWS;
    const kind = KINDS[what];
    return versus({ what, operations: rows * REPEATS, yardstick: { name: 'loop', make: () => decodingByHand(kind, rows) }, engine: { name: 'restore', make: () => restoring(kind, rows) }, smoke });
  },
};

function restoring(kind, rows) {
  const snapshot = takeSnapshot(filledBackend(kind, rows), 1);
  let backend;
  let handle;
  return {
    run() {
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        backend = heapBackend(kind.keyType);
        backend.restore([snapshot]);
        handle = kind.declare(backend);
      }
    },
    rows: (take) => kind.rows(backend, handle, (row) => take(plainRow(row))),
  };
}

function decodingByHand(kind, rows) {
  const blobs = filledByHand(kind, rows).encode();
  let hand;
  return {
    run() {
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        hand = new RowsByHand(kind.keyType, kind.handType);
        hand.decode(blobs);
      }
    },
    rows: (take) => hand.each((key, value) => take(plainRow({ key, value }))),
  };
}
