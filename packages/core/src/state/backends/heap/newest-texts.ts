import type { SectionReaders } from '../../format/section-reader.js';
import type { KeyedStore } from './keyed-store.js';
import { NewestRecords } from './newest-records.js';
import type { RestoredChain, RestoredState } from './restored-state.js';
import { TextWindow } from './text-window.js';

/** Puts the records of key groups whose keys are texts into a state that has one value for each key: each key once, into tables that have room. */
export class NewestTexts {
  readonly #store: KeyedStore<unknown>;
  readonly #records: NewestRecords;
  readonly #texts: TextWindow;

  constructor(store: KeyedStore<unknown>) {
    this.#store = store;
    this.#records = new NewestRecords(true);
    this.#texts = new TextWindow();
  }

  /** Restores a key group; false, with nothing done, when its records are to be restored one by one. Throws as `RestoredState.read`. */
  restore(restored: RestoredState, keyGroup: number, chain: RestoredChain, readers: readonly SectionReaders[]): boolean {
    const records = this.#records;
    const suits = records.read(restored, chain, readers);
    if (suits) this.#put(keyGroup);
    records.clear();
    this.#texts.clear();
    return suits;
  }

  /** To be called behind the last key group: from then on the keys are found. */
  finish(): void {
    this.#store.addNotedKeys();
  }

  #put(keyGroup: number): void {
    const { ttl, clock } = this.#store;
    const records = this.#records;
    const { count, live, values } = records;
    const table = this.#store.groupTable(keyGroup);
    const isNew = table.reserve(live);
    // An entry from before the state had a time to live counts from now.
    const now = ttl === null ? NaN : clock.now(ttl);
    for (let record = 0; record < count; record++) {
      if (records.isGone(record)) continue;
      const key = this.#texts.textAt(records.bytesOf(record), records.unitsStart(record), records.header(record));
      const slot = table.restoreText(key, records.hashOf(record), values[record], isNew);
      if (table.times === null) continue;
      const time = records.timeOf(record);
      table.times[slot] = Number.isNaN(time) ? now : time;
    }
  }
}
