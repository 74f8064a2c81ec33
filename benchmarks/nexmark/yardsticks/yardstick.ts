/**
 * A query as one would write it by hand, without an engine: a loop over the same generator, with complete results.
 *
 * Loops may know what the engine cannot: that times ascend, that ids of persons and auctions are unique, that nothing runs
 * in parallel and nothing is ever restored. Windows stay open four seconds, as with the engine's watermark.
 */
export interface Yardstick {
  /** The name of its query. */
  readonly name: string;
  /** Goes over the first `events` events and hands every row to `take`; `folder` is for the one that writes files. */
  run(events: number, take: (row: object) => void, folder: string): void;
}

/** How far the watermark is behind the newest event. */
export const WATERMARK_DELAY_MS = 4_000;
