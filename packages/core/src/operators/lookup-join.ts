import type { KeySelector } from '../functions/element-functions.js';
import { mapKey } from '../record/map-key.js';
import type { TypeInfo } from '../record/types/type-info.js';
import type { BroadcastState } from '../state/handles.js';
import { keyText } from './fusion/key-text.js';
import type { Fusible, StageCode } from './fusion/stage-code.js';
import type { Operator, OperatorFactory, Progress, Receiver } from './operator.js';
import type { Flow, OperatorContext, OperatorInfo } from './operator-context.js';
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
 */
export function lookupJoinOperator(settings: LookupJoinSettings): OperatorFactory {
  return { create: () => new LookupJoinOperator(settings) };
}

const DYNAMIC: TypeInfo = Object.freeze({ kind: 'dynamic' });
const LOADED = 'loaded';

class LookupJoinOperator implements Operator, Fusible {
  recordsIn: number;
  readonly fusesOutput = true;
  readonly #settings: LookupJoinSettings;
  #rows!: BroadcastState<unknown, unknown>;
  #status!: BroadcastState<unknown, unknown>;
  #flow!: Flow;
  #output!: Receiver;
  #promises!: PromiseCheck;
  #info!: OperatorInfo;
  #receivers: readonly Receiver[];
  #holding: boolean;

  constructor(settings: LookupJoinSettings) {
    this.recordsIn = 0;
    this.#settings = settings;
    this.#receivers = [];
    this.#holding = false;
  }

  open(context: OperatorContext): void {
    const state = context.state();
    this.#rows = state.broadcast('table', { kind: 'broadcast', key: DYNAMIC, value: DYNAMIC });
    this.#status = state.broadcast('table-status', { kind: 'broadcast', key: DYNAMIC, value: DYNAMIC });
    this.#flow = context.flow;
    this.#output = context.output;
    this.#promises = new PromiseCheck(context.info, 'the join function');
    this.#info = context.info;
    this.#receivers = [this, { process: (row) => this.#load(row) }];
    if (this.#status.has(LOADED)) return;
    this.#holding = true;
    this.#flow.hold(0);
  }

  input(index: number): Receiver {
    return this.#receivers[index]!;
  }

  inputEnded(index: number): Progress {
    if (index === 1 && this.#holding) {
      this.#holding = false;
      this.#status.put(LOADED, true);
      this.#flow.release(0);
    }
    return 'done';
  }

  /** Takes an element of the stream. */
  process(value: unknown): void {
    this.recordsIn++;
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

  /** `process` as text. */
  fuse(code: StageCode, value: string): string {
    const info = this.#info;
    code.site(info);
    const result = code.variable();
    return `
${code.count(this)}
${code.begin((error, element) => userFailure(info, 'the join function', error, element), value)}
{
${keyText(code, this.#settings.keyOf as KeySelector<unknown, unknown>, value)}
${result} = ${code.part(this.#settings.join)}(${value}, ${code.part(this.#rows)}.get(${code.part(mapKey)}(key)));
}
${code.end()}
${code.look(this.#promises, result)}
if (${result} !== undefined) {
${code.next(this.#output, result)}
}`;
  }

  #load(row: unknown): void {
    this.recordsIn++;
    // A checkpoint taken while the table was being loaded holds all of it; what comes again after the restore is in it.
    if (!this.#holding) return;
    let key: unknown;
    try {
      key = mapKey((this.#settings.tableKeyOf as KeySelector<unknown, unknown>)(row));
    } catch (error) {
      throw userFailure(this.#info, 'the key of the table', error, row);
    }
    this.#rows.put(key, row);
  }
}
