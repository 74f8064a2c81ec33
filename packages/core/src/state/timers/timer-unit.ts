import type { EntryWriter } from '../backends/heap/entry-writer.js';
import type { WrittenTimer } from '../backends/heap/epochs.js';
import type { SnapshotUnit } from '../backends/heap/table-unit.js';
import type { TimerGroup } from './timer-group.js';

/** Writes the timers of one key group: all for a base; what was removed, then what was registered, for a delta. */
export class TimerUnit implements SnapshotUnit {
  readonly #writer: EntryWriter;
  readonly #owner: number;
  readonly #group: TimerGroup;
  readonly #removed: Iterator<WrittenTimer>;
  readonly #timers: Iterator<number>;

  constructor(writer: EntryWriter, owner: number, group: TimerGroup) {
    this.#writer = writer;
    this.#owner = owner;
    this.#group = group;
    const since = writer.sinceOf(group.keyGroup);
    const changes = since === 0 ? [] : group.changes(since, writer.version);
    this.#removed = joined(changes.map((change) => change.removed));
    this.#timers = since === 0 ? group.index.walk() : joined(changes.map((change) => change.added));
  }

  step(limit: number): boolean {
    const { version } = this.#writer;
    const group = this.#group;
    let left = limit;
    for (; left > 0; left--) {
      const removal = this.#removed.next();
      if (removal.done === true) break;
      this.#writer.removedTimer(this.#owner, group.keyGroup, removal.value);
    }
    for (; left > 0; left--) {
      const next = this.#timers.next();
      if (next.done === true) return true;
      const row = next.value;
      if (!group.awaits(row, version)) continue;
      group.markWritten(row, version);
      this.#writer.timer(this.#owner, group.keyGroup, group.written(row));
    }
    return false;
  }
}

function* joined<T>(lists: readonly (readonly T[])[]): Generator<T> {
  for (const list of lists) yield* list;
}
