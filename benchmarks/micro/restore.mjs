import { heapBackend } from './core.mjs';
import { plainRow } from './kinds-of-rows.mjs';
import { partOfRows } from './part-of-rows.mjs';
import { RowsByHand } from './rows-by-hand.mjs';
import { filledBackend, filledByHand, takeSnapshot } from './snapshots.mjs';

/** Restores in one slice. */
const REPEATS = 4;

/** 100,000 rows put back from a snapshot in memory, against a loop that decodes the same rows with the same codecs into Maps. */
export const part = partOfRows({ title: 'restore', repeats: REPEATS, loop: decodingByHand, engine: restoring });

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
