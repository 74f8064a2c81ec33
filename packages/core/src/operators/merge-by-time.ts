import { BinaryHeap } from '../base/binary-heap.js';
import type { Counter } from '../base/metrics.js';
import type { TypeInfo } from '../record/types/type-info.js';
import type { OperatorListState } from '../state/handles.js';
import { RecordWithoutTimestamp } from './errors.js';
import { excerpt } from '../record/excerpt.js';
import type { Operator, OperatorFactory, Progress, Receiver } from './operator.js';
import type { Flow, OperatorContext, OperatorInfo, RecordContext, TimeControl } from './operator-context.js';
import { placeOf } from './user-failure.js';

/** What a merge by time needs. */
export interface MergeByTimeSettings {
  /** Number of inputs. */
  readonly inputs: number;
  /** Type of the elements of all inputs. */
  readonly type: TypeInfo;
}

/** The side output for elements that come after the watermark has passed them. */
export const LATE = 'late';

/**
 * Merges several inputs into one stream in event-time order (rule 35): an element leaves once the watermark of all active
 * inputs has passed it; ties go by input, then by arrival. An element that comes too late for its place goes to the side
 * output `late`, or is dropped and counted.
 */
export function mergeByTimeOperator(settings: MergeByTimeSettings): OperatorFactory {
  return { create: () => new MergeByTimeOperator(settings) };
}

/** An element that waits for its turn. */
interface Waiting {
  readonly timestamp: number;
  readonly input: number;
  readonly value: unknown;
  /** Counts arrivals, and so tells ties apart. */
  readonly arrival: number;
}

type Stored = Pick<Waiting, 'input' | 'timestamp' | 'value'>;

class MergeByTimeOperator implements Operator {
  recordsIn: number;
  readonly #settings: MergeByTimeSettings;
  readonly #waiting: BinaryHeap<Waiting>;
  #stored!: OperatorListState<Stored>;
  #arrivals: number;
  #receivers: readonly Receiver[];
  #output!: Receiver;
  #lateOutput: Receiver | undefined;
  #late!: Counter;
  #record!: RecordContext;
  #time!: TimeControl;
  #flow!: Flow;
  #info!: OperatorInfo;

  constructor(settings: MergeByTimeSettings) {
    this.recordsIn = 0;
    this.#settings = settings;
    this.#waiting = new BinaryHeap<Waiting>((left, right) => left.timestamp - right.timestamp || left.input - right.input || left.arrival - right.arrival);
    this.#arrivals = 0;
    this.#receivers = [];
    this.#lateOutput = undefined;
  }

  open(context: OperatorContext): void {
    this.#output = context.output;
    this.#lateOutput = context.hasSideOutput(LATE) ? context.sideOutput(LATE) : undefined;
    this.#late = context.metrics.counter('numLateRecordsDropped');
    this.#record = context.record;
    this.#time = context.time;
    this.#flow = context.flow;
    this.#info = context.info;
    this.#stored = context.state().operatorList<Stored>('waiting', storedType(this.#settings.type), 'list');
    for (const { input, timestamp, value } of this.#stored.get()) this.#waiting.push({ timestamp, input, value, arrival: this.#arrivals++ });
    this.#stored.clear();
    this.#receivers = Array.from({ length: this.#settings.inputs }, (_, input) => ({ process: (value: unknown) => this.#take(input, value) }));
  }

  input(index: number): Receiver {
    return this.#receivers[index]!;
  }

  advance(): Progress {
    return this.#release();
  }

  resume(): Progress {
    return this.#release();
  }

  /** What waits is put into the state in its order, so that arrival still decides ties after a restore. */
  beforeSnapshot(): void {
    const all: Waiting[] = [];
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) all.push(next);
    for (const waiting of all) this.#waiting.push(waiting);
    this.#stored.update(all.map(({ timestamp, input, value }) => ({ timestamp, input, value })));
  }

  #take(input: number, value: unknown): void {
    this.recordsIn++;
    const timestamp = this.#record.timestamp;
    if (timestamp !== timestamp) {
      throw RecordWithoutTimestamp.error({ what: `"${this.#info.name}" merges by time and got the record ${excerpt(value)} without a timestamp`, where: placeOf(this.#info) });
    }
    if (timestamp > this.#time.watermark()) this.#waiting.push({ timestamp, input, value, arrival: this.#arrivals++ });
    else if (this.#lateOutput !== undefined) this.#lateOutput.process(value);
    else this.#late.value++;
  }

  /** Emits what the watermark has passed, as long as the outputs take more. */
  #release(): Progress {
    const watermark = this.#time.watermark();
    const record = this.#record;
    const before = record.timestamp;
    let progress: Progress = 'done';
    for (let next = this.#waiting.peek(); next !== undefined && next.timestamp <= watermark; next = this.#waiting.peek()) {
      if (!this.#flow.mayEmit()) {
        progress = 'more';
        break;
      }
      this.#waiting.pop();
      record.timestamp = next.timestamp;
      this.#output.process(next.value);
    }
    record.timestamp = before;
    return progress;
  }
}

function storedType(type: TypeInfo): TypeInfo<Stored> {
  return Object.freeze({
    kind: 'struct',
    fields: Object.freeze([
      Object.freeze({ name: 'timestamp', type: Object.freeze({ kind: 'number' }) }),
      Object.freeze({ name: 'input', type: Object.freeze({ kind: 'number' }) }),
      Object.freeze({ name: 'value', type }),
    ]),
  } as const);
}
