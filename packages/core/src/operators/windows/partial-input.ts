import type { PartialReceiver } from '../operator.js';
import type { RecordContext } from '../operator-context.js';
import type { CurrentPane } from './current-pane.js';
import type { WindowParts } from './window-parts.js';

/** What a window operator lends to its {@link PartialInput}. */
export interface PartialInputParts {
  readonly operator: { recordsIn: number };
  readonly parts: WindowParts;
  readonly current: CurrentPane;
  readonly record: RecordContext;
  /** Makes the pane of a time the current one; false when so many records belong to none any more. */
  readonly usePane: (time: number, value: unknown, records: number) => boolean;
  /** Called for the key of a pane that was fired already. */
  readonly changedLate: (key: unknown, time: number) => void;
}

/** Takes the partial accumulators that senders have made of their records (`pre-reducer.ts`) into a window's panes. */
export class PartialInput implements PartialReceiver {
  readonly #given: PartialInputParts;

  constructor(given: PartialInputParts) {
    this.#given = given;
  }

  take(key: unknown, accumulator: unknown, records: number): void {
    const { operator, parts, current, record, usePane, changedLate } = this.#given;
    const time = record.timestamp;
    operator.recordsIn += records;
    if (!(time >= current.start && time < current.end) && !usePane(time, accumulator, records)) return;
    const pane = current.pane!;
    try {
      const slot = pane.slot(key);
      if (slot < 0) {
        pane.insert(key, accumulator);
      } else {
        pane.touch(slot);
        const before = pane.values[slot];
        const after = parts.accumulation.merge(before, accumulator);
        if (after !== before) pane.values[slot] = after;
      }
    } catch (error) {
      throw parts.failure(error, undefined);
    }
    if (current.isFired) changedLate(key, time);
  }
}
