import type { SideCollectors } from '../functions/collector.js';
import type { TimerService } from '../functions/process-function.js';
import type { StateBackend } from '../state/backend.js';
import type { OperatorContext, RecordContext, TimeControl } from './operator-context.js';

/** What the callbacks of a function without keys see: one object per operator, which reads what is current. */
export class FunctionContext {
  readonly side: SideCollectors<Record<string, unknown>>;
  readonly #record: RecordContext;
  readonly #time: TimeControl;

  constructor(context: OperatorContext, side: SideCollectors<Record<string, unknown>>) {
    this.side = side;
    this.#record = context.record;
    this.#time = context.time;
  }

  get timestamp(): number | undefined {
    const timestamp = this.#record.timestamp;
    return timestamp !== timestamp ? undefined : timestamp;
  }

  get watermark(): number {
    return this.#time.watermark();
  }

  get processingTime(): number {
    return this.#time.now();
  }
}

/** What the broadcast side sees, and the other side of a function without keys: the states in their proper form. */
export class BroadcastContext extends FunctionContext {
  readonly broadcast: Readonly<Record<string, unknown>>;

  constructor(context: OperatorContext, side: SideCollectors<Record<string, unknown>>, broadcast: Readonly<Record<string, unknown>>) {
    super(context, side);
    this.broadcast = broadcast;
  }
}

/** The parts of a keyed context. */
export interface KeyedContextParts {
  readonly side: SideCollectors<Record<string, unknown>>;
  readonly backend: StateBackend;
  readonly state: Readonly<Record<string, unknown>>;
  readonly timers: TimerService;
  /** Read-only broadcast states, for keyed broadcast functions. */
  readonly broadcast: Readonly<Record<string, unknown>>;
}

/** What keyed callbacks see: the current key, its state and its timers. `onTimer` gets the same object. */
export class KeyedContext extends FunctionContext {
  readonly state: Readonly<Record<string, unknown>>;
  readonly timers: TimerService;
  readonly broadcast: Readonly<Record<string, unknown>>;
  /** The clock of the timer that fires. */
  domain: 'event' | 'processing';
  /** The time of the timer that fires; NaN while an element is processed. Set here, so that it is kept as a double (see `CurrentPane`). */
  timerTime: number = Number.NaN;
  readonly #backend: StateBackend;

  constructor(context: OperatorContext, parts: KeyedContextParts) {
    super(context, parts.side);
    this.state = parts.state;
    this.timers = parts.timers;
    this.broadcast = parts.broadcast;
    this.domain = 'event';
    this.#backend = parts.backend;
  }

  get key(): unknown {
    return this.#backend.currentKey();
  }

  override get timestamp(): number | undefined {
    return this.timerTime === this.timerTime ? this.timerTime : super.timestamp;
  }
}
