import type { EntryWriter } from '../backends/heap/entry-writer.js';
import type { SnapshotUnit } from '../backends/heap/table-unit.js';
import type { TimerGroup } from './timer-group.js';
import type { Timer } from './timer.js';

/** Writes the timers of one key group: all for a base; what was removed, then what was registered, for a delta. */
export class TimerUnit implements SnapshotUnit {
  readonly #writer: EntryWriter;
  readonly #owner: number;
  readonly #keyGroup: number;
  readonly #removed: Iterator<Timer>;
  readonly #timers: Iterator<Timer>;

  constructor(writer: EntryWriter, owner: number, group: TimerGroup) {
    this.#writer = writer;
    this.#owner = owner;
    this.#keyGroup = group.keyGroup;
    const since = writer.sinceOf(group.keyGroup);
    const changes = since === 0 ? [] : group.changes(since, writer.version);
    this.#removed = joined(changes.map((change) => change.removed));
    this.#timers = since === 0 ? group.index.walk() : joined(changes.map((change) => change.added));
  }

  step(limit: number): boolean {
    const { version } = this.#writer;
    let left = limit;
    for (; left > 0; left--) {
      const removal = this.#removed.next();
      if (removal.done === true) break;
      this.#writer.removedTimer(this.#owner, this.#keyGroup, removal.value);
    }
    for (; left > 0; left--) {
      const next = this.#timers.next();
      if (next.done === true) return true;
      const timer = next.value;
      if (timer.gone || timer.written >= version || timer.madeIn >= version) continue;
      timer.written = version;
      this.#writer.timer(this.#owner, this.#keyGroup, timer);
    }
    return false;
  }
}

function* joined(lists: readonly (readonly Timer[])[]): Generator<Timer> {
  for (const list of lists) yield* list;
}
