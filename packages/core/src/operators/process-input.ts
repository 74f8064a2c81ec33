import type { Collector } from '../functions/collector.js';
import type { KeySelector } from '../functions/element-functions.js';
import type { StateBackend } from '../state/backend.js';
import { keyText } from './fusion/key-text.js';
import type { Fusible, StageCode } from './fusion/stage-code.js';
import type { OperatorInfo } from './operator-context.js';
import { PromiseCheck, userFailure } from './user-failure.js';

/** A method of a user's process object, and what it is called with beside the record. */
export interface ProcessCall {
  /** The operator, which counts what comes in. */
  readonly operator: { recordsIn: number };
  readonly info: OperatorInfo;
  readonly object: object;
  readonly method: string;
  readonly context: object;
  readonly out: Collector<unknown>;
  /** For keyed inputs: whose key is made current before the call. */
  readonly keyed?: { readonly keyOf: KeySelector<unknown, unknown>; readonly backend: StateBackend };
}

type Method = (value: unknown, context: object, out: Collector<unknown>) => unknown;

/** One input of a process function: counts, makes the key current, calls, and says whose fault it was. */
export class ProcessInput implements Fusible {
  readonly #call: ProcessCall;
  readonly #enter: (value: unknown) => unknown;
  readonly #promises: PromiseCheck;

  constructor(call: ProcessCall) {
    this.#call = call;
    this.#enter = entrance(call);
    this.#promises = new PromiseCheck(call.info, call.method);
  }

  process(value: unknown): void {
    this.#call.operator.recordsIn++;
    let result: unknown;
    try {
      result = this.#enter(value);
    } catch (error) {
      throw userFailure(this.#call.info, this.#call.method, error, value);
    }
    if (this.#promises.active) this.#promises.look(result);
  }

  /** `process` as text. */
  fuse(code: StageCode, value: string): string {
    const { operator, info, object, method, context, out, keyed } = this.#call;
    code.site(info);
    const result = code.variable();
    return `
${code.count(operator)}
${keyed === undefined ? '' : this.#setKey(code, value, keyed)}
${code.step(`${result} = ${code.part(object)}.${method}(${value}, ${code.part(context)}, ${code.part(out)});`, (error, record) => userFailure(info, method, error, record), value)}
${code.look(this.#promises, result)}`;
  }

  #setKey(code: StageCode, value: string, { keyOf, backend }: NonNullable<ProcessCall['keyed']>): string {
    const { info, method } = this.#call;
    const set = `${keyText(code, keyOf, value)}\n${code.part(backend)}.setCurrentKey(key);`;
    return code.step(set, (error, record) => userFailure(info, method, userFailure(info, 'the key selector', error, record), record), value);
  }
}

function entrance({ info, object, method, context, out, keyed }: ProcessCall): (value: unknown) => unknown {
  const methods = object as Record<string, Method>;
  if (keyed === undefined) return (value) => methods[method]!(value, context, out);
  const { keyOf, backend } = keyed;
  return (value) => {
    try {
      backend.setCurrentKey(keyOf(value));
    } catch (error) {
      throw userFailure(info, 'the key selector', error, value);
    }
    return methods[method]!(value, context, out);
  };
}
