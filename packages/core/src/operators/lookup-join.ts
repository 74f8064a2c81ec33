import type { KeySelector } from '../functions/element-functions.js';
import { mapKey } from '../record/map-key.js';
import type { TypeInfo } from '../record/types/type-info.js';
import type { BroadcastState, OperatorListState } from '../state/handles.js';
import { keyText } from './fusion/key-text.js';
import type { Fusible, StageCode } from './fusion/stage-code.js';
import type { Operator, OperatorFactory, Progress, Receiver } from './operator.js';
import type { OperatorContext, OperatorInfo } from './operator-context.js';
import { PromiseCheck, userFailure } from './user-failure.js';

/** What a lookup join needs. Input 0 is the stream, input 1 the table, which every subtask gets in full (broadcast). */
export interface LookupJoinSettings {
  readonly keyOf: KeySelector<never, unknown>;
  readonly tableKeyOf: KeySelector<never, unknown>;
  /** Called for each element with its row, or undefined when the table has none. Returning undefined emits nothing. */
  readonly join: (value: never, row: never | undefined) => unknown;
}

/**
 * Joins a stream with a bounded table: the stream waits until the table is loaded, then each element is joined with the
 * row of its key. A later row with the same key replaces an earlier one. A restored job whose table was loaded does not wait.
 *
 * When the job is stopped before that, what is on its way in the stream still has to go somewhere: it is kept in the state,
 * with the watermarks behind it held back, and joined when the job has gone on and the table is there.
 */
export function lookupJoinOperator(settings: LookupJoinSettings): OperatorFactory {
  return { create: () => new LookupJoinOperator(settings) };
}

const DYNAMIC: TypeInfo = Object.freeze({ kind: 'dynamic' });
const LOADED = 'loaded';

/** An element that came without a table. */
interface Waiting {
  readonly value: unknown;
  readonly timestamp: number;
}

class LookupJoinOperator implements Operator, Fusible {
  recordsIn: number;
  readonly fusesOutput = true;
  readonly ownsWatermarks = true;
  /** True until the table is loaded; elements that come nevertheless are kept. Read by the generated text. */
  isLoading: boolean;
  readonly #settings: LookupJoinSettings;
  #context!: OperatorContext;
  #rows!: BroadcastState<unknown, unknown>;
  #status!: BroadcastState<unknown, unknown>;
  #kept!: OperatorListState<Waiting>;
  #output!: Receiver;
  #promises!: PromiseCheck;
  #info!: OperatorInfo;
  #receivers: readonly Receiver[];
  /** What was kept by a run before, and how much of it has been joined. */
  #waiting: readonly Waiting[];
  #next: number;

  constructor(settings: LookupJoinSettings) {
    this.recordsIn = 0;
    this.isLoading = false;
    this.#settings = settings;
    this.#receivers = [];
    this.#waiting = [];
    this.#next = 0;
  }

  open(context: OperatorContext): void {
    const state = context.state();
    this.#context = context;
    this.#rows = state.broadcast('table', { kind: 'broadcast', key: DYNAMIC, value: DYNAMIC });
    this.#status = state.broadcast('table-status', { kind: 'broadcast', key: DYNAMIC, value: DYNAMIC });
    this.#kept = state.operatorList<Waiting>('waiting', DYNAMIC as TypeInfo<Waiting>, 'list');
    this.#output = context.output;
    this.#promises = new PromiseCheck(context.info, 'the join function');
    this.#info = context.info;
    this.#receivers = [this, { process: (row) => this.#load(row) }];
    if (this.#status.has(LOADED)) {
      if (this.#joinsKept()) context.flow.backlog();
      return;
    }
    this.isLoading = true;
    context.flow.hold(0);
  }

  input(index: number): Receiver {
    return this.#receivers[index]!;
  }

  inputEnded(index: number, drained: boolean): Progress {
    if (index !== 1 || !this.isLoading) return 'done';
    this.#context.flow.release(0);
    if (!drained) return 'done';
    this.isLoading = false;
    this.#status.put(LOADED, true);
    if (this.#joinsKept()) return 'more';
    this.#catchUp();
    return 'done';
  }

  advance(watermark: number): Progress {
    if (!this.isLoading) this.#context.time.emitWatermark(watermark);
    return 'done';
  }

  statusChanged(idle: boolean): void {
    this.#context.time.emitIdle(idle);
  }

  resume(): Progress {
    const { record, flow } = this.#context;
    const before = record.timestamp;
    while (this.#next < this.#waiting.length && flow.mayEmit()) {
      const { value, timestamp } = this.#waiting[this.#next++]!;
      record.timestamp = timestamp;
      this.#join(value);
    }
    record.timestamp = before;
    if (this.#next < this.#waiting.length) return 'more';
    this.#waiting = [];
    this.#kept.clear();
    this.#catchUp();
    return 'done';
  }

  /** Takes an element of the stream. */
  process(value: unknown): void {
    this.recordsIn++;
    if (this.isLoading) this.#kept.add({ value, timestamp: this.#context.record.timestamp });
    else this.#join(value);
  }

  /** `process` as text. */
  fuse(code: StageCode, value: string): string {
    const info = this.#info;
    code.site(info);
    const result = code.variable();
    const operator = code.part(this);
    const joined = `
${keyText(code, this.#settings.keyOf as KeySelector<unknown, unknown>, value)}
${result} = ${code.part(this.#settings.join)}(${value}, ${code.part(this.#rows)}.get(${code.part(mapKey)}(key)));`;
    return `
if (${operator}.isLoading) ${operator}.process(${value});
else {
${code.count(this)}
${code.step(joined, (error, element) => userFailure(info, 'the join function', error, element), value)}
${code.look(this.#promises, result)}
if (${result} !== undefined) {
${code.next(this.#output, result)}
}
}`;
  }

  /** Lets event time go on to where it has come behind what was held back. */
  #catchUp(): void {
    const { time } = this.#context;
    time.emitWatermark(time.watermark());
  }

  /** Whether there is something that was kept before the table was there. */
  #joinsKept(): boolean {
    this.#waiting = this.#kept.get();
    this.#next = 0;
    return this.#waiting.length > 0;
  }

  #join(value: unknown): void {
    let result: unknown;
    try {
      const key = mapKey((this.#settings.keyOf as KeySelector<unknown, unknown>)(value));
      result = (this.#settings.join as (value: unknown, row: unknown) => unknown)(value, this.#rows.get(key));
    } catch (error) {
      throw userFailure(this.#info, 'the join function', error, value);
    }
    if (this.#promises.active) this.#promises.look(result);
    if (result !== undefined) this.#output.process(result);
  }

  #load(row: unknown): void {
    this.recordsIn++;
    // A checkpoint taken while the table was being loaded holds all of it; what comes again after the restore is in it.
    if (!this.isLoading) return;
    let key: unknown;
    try {
      key = mapKey((this.#settings.tableKeyOf as KeySelector<unknown, unknown>)(row));
    } catch (error) {
      throw userFailure(this.#info, 'the key of the table', error, row);
    }
    this.#rows.put(key, row);
  }
}
