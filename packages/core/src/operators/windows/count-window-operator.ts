import { GLOBAL_WINDOW } from '../../functions/time-window.js';
import { COUNT_STATE } from '../../functions/triggers.js';
import type { Pane } from '../../state/backend.js';
import type { Operator, Progress, Receiver } from '../operator.js';
import type { Flow, OperatorContext } from '../operator-context.js';
import type { Waited } from '../user-function-life.js';
import { storedType, type Accumulation } from './accumulation.js';
import { contentsTable, triggersTable, type TriggerMemory } from './stored-windows.js';
import type { WindowEmitter } from './window-emitter.js';
import { WindowParts } from './window-parts.js';
import type { WindowSpec } from './window-spec.js';

/**
 * Windows of `size` elements per key (rule 13): what the global window with a purging count trigger does, without the
 * trigger's calls. Contents and counts are stored as that would store them.
 */
export class CountWindowOperator implements Operator, Receiver {
  recordsIn: number;
  readonly #spec: WindowSpec;
  readonly #size: number;
  #contents!: Pane<unknown>;
  #counts!: Pane<TriggerMemory>;
  #parts!: WindowParts;
  #accumulation!: Accumulation;
  #emitter!: WindowEmitter;
  #keyOf!: (value: unknown) => unknown;
  #flow!: Flow;

  constructor(spec: WindowSpec, size: number) {
    this.recordsIn = 0;
    this.#spec = spec;
    this.#size = size;
  }

  open(context: OperatorContext): Waited {
    this.#flow = context.flow;
    const parts = new WindowParts(this.#spec, false, context);
    this.#parts = parts;
    this.#accumulation = parts.accumulation;
    this.#emitter = parts.emitter;
    this.#keyOf = parts.keyOf;
    this.#contents = contentsTable(parts.state, storedType(this.#spec)).pane(GLOBAL_WINDOW.start, GLOBAL_WINDOW.end);
    this.#counts = triggersTable(parts.state).pane(GLOBAL_WINDOW.start, GLOBAL_WINDOW.end);
    return parts.opening;
  }

  input(): Receiver {
    return this;
  }

  process(value: unknown): void {
    this.recordsIn++;
    const contents = this.#contents;
    let key: unknown;
    let result: unknown;
    try {
      key = this.#keyOf(value);
      const isFull = this.#count(key);
      const slot = contents.slot(key);
      let accumulator: unknown;
      if (slot < 0) {
        accumulator = this.#accumulation.first(value);
        if (!isFull) contents.insert(key, accumulator);
      } else {
        contents.touch(slot);
        accumulator = this.#accumulation.add(contents.values[slot], value);
        if (isFull) contents.remove(key);
        else contents.values[slot] = accumulator;
      }
      if (!isFull) return;
      result = this.#accumulation.result(accumulator, true);
    } catch (error) {
      throw this.#parts.failure(error, value);
    }
    this.#emitter.emit(this.#parts.userKey(key), GLOBAL_WINDOW, result);
    if (this.#emitter.busy) this.#flow.backlog();
  }

  resume(): Progress {
    return this.#emitter.pull() ? 'done' : 'more';
  }

  close(): Waited {
    return this.#parts?.close();
  }

  /** Counts an element of the key; true when it fills the window. */
  #count(key: unknown): boolean {
    const counts = this.#counts;
    const slot = counts.slot(key);
    if (slot < 0) {
      if (this.#size === 1) return true;
      counts.insert(key, { [COUNT_STATE]: 1 });
      return false;
    }
    counts.touch(slot);
    const memory = counts.values[slot]!;
    const count = ((memory[COUNT_STATE] as number | undefined) ?? 0) + 1;
    if (count < this.#size) {
      memory[COUNT_STATE] = count;
      return false;
    }
    counts.remove(key);
    return true;
  }
}
