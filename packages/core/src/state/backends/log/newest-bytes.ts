import type { SectionReaders } from '../../format/section-reader.js';
import { NewestRecords } from '../heap/newest-records.js';
import type { RestoredChain, RestoredState } from '../heap/restored-state.js';
import type { LogStore } from './log-store.js';

/** Fewer keys of a key group say too little of how many the others have. */
const TELLING = 100;
/** Room for so many keys is made at the most, which takes 32 MB: whoever chooses the keys of a job may have put all of them into the key group by which it is judged. */
const MOST_RESERVED = 1 << 22;

/** As `NewestFirst`, for keys that are texts: neither keys nor values become anything else than the bytes that go into the log. */
export class NewestBytes {
  readonly #store: LogStore;
  readonly #records: NewestRecords;
  /** Key groups for which the index has no room yet; 0 once it has room for all. */
  #groups: number;

  /** For so many key groups. */
  constructor(store: LogStore, groups: number) {
    this.#store = store;
    this.#records = new NewestRecords(false);
    this.#groups = groups;
  }

  /** Restores a key group; false, with nothing done, when it is to be restored by its keys. Throws as `RestoredState.read`. */
  restore(restored: RestoredState, keyGroup: number, chain: RestoredChain, readers: readonly SectionReaders[]): boolean {
    const suits = this.#records.read(restored, chain, readers);
    if (suits) this.#put(keyGroup);
    this.#records.clear();
    return suits;
  }

  #put(keyGroup: number): void {
    const records = this.#records;
    const { rows, ttl, clock, index } = this.#store;
    const { count, live } = records;
    if (this.#groups > 0 && live >= TELLING) {
      index.reserve(Math.min(live * this.#groups, MOST_RESERVED));
      this.#groups = 0;
    }
    // An entry from before the state had a time to live counts from now.
    const now = ttl === null ? NaN : clock.now(ttl);
    const key = { start: 0, end: 0 };
    const value = { start: 0, end: 0 };
    for (let record = 0; record < count; record++) {
      if (records.isGone(record)) continue;
      key.start = records.keyStart(record);
      key.end = records.keyEnd(record);
      value.start = records.valueStart(record);
      value.end = records.valueEnd(record);
      const slot = this.#store.restoreRow(records.hashOf(record), keyGroup, records.bytesOf(record), key, value);
      if (ttl === null) continue;
      const time = records.timeOf(record);
      rows.setTime(slot, Number.isNaN(time) ? now : time);
    }
  }
}
