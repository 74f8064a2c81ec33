/** The text of a generated stage while operators write it: decision 0007 says why there is one. */
import { generateFunction } from '../../record/codec/code-generation.js';
import type { Receiver } from '../operator.js';
import type { OperatorInfo, RecordContext } from '../operator-context.js';
import type { PromiseCheck } from '../user-failure.js';

/**
 * A receiver that can write what it does as text, to stand in a function together with what lies before and behind it.
 * The text must do the same as `process`; `process` stays for where code may not be generated, and is what the text is
 * tested against.
 */
export interface Fusible extends Receiver {
  /**
   * Called once, after the operator was opened. Gives statements that take the record in the variable `value`; `made` are its
   * fields where every record is a literal of them, made for this receiver and in nobody else's hands (`function-text.ts`).
   */
  fuse(code: StageCode, value: string, made?: readonly string[]): string;
}

/** Makes the error of a step from what its function threw. */
export type StepFailure = (error: unknown, value: unknown) => Error;

/** With more operators a function is too long to be optimised well; the rest gets one of its own. */
const MOST_OPERATORS = 8;
/** Makers that are kept. Above it the oldest goes; its functions live on with the jobs that use them. */
const MOST_MAKERS = 256;

type Maker = (...parts: unknown[]) => unknown;
const makers = new Map<string, Maker>();

/**
 * Collects the parts of one generated function: values of this instance (users' functions, operators) under names of their
 * own, variables for records, and steps. A step says whose function runs, so that its `catch` can name it.
 *
 * Nothing of a user's stands in the text but field names, quoted by `JSON.stringify`.
 */
export class StageCode {
  /** The expression for the timestamp of the record under way. */
  readonly timestamp: string;
  readonly record: RecordContext;
  readonly #names: Map<unknown, string>;
  /** Whether the function runs many records: then counts and looks are kept in local variables while it does. */
  readonly #manyRecords: boolean;
  readonly #counted: string[];
  readonly #looks: string[];
  readonly #variables: string[];
  readonly #sites: string[];
  #operators: number;
  #labels: number;

  constructor(record: RecordContext, timestamp?: string, manyRecords: boolean = false) {
    this.record = record;
    this.#labels = 0;
    this.#names = new Map();
    this.#manyRecords = manyRecords;
    this.#counted = [];
    this.#looks = [];
    this.#variables = [];
    this.#sites = [];
    this.#operators = 0;
    this.timestamp = timestamp ?? `${this.part(record)}.timestamp`;
  }

  /** Gives a value a name in the text. */
  part(value: unknown): string {
    let name = this.#names.get(value);
    if (name === undefined) {
      name = `p${this.#names.size}`;
      this.#names.set(value, name);
    }
    return name;
  }

  /** The statement that counts a record in at an operator. */
  count(operator: { recordsIn: number }): string {
    if (!this.#manyRecords) return `${this.part(operator)}.recordsIn++;`;
    const count = `n${this.#counted.length}`;
    this.#counted.push(`${this.part(operator)}.recordsIn += ${count};`);
    return `${count}++;`;
  }

  /** A new variable that holds a record, or what else is used behind the step it comes from. */
  variable(): string {
    const name = `v${this.#variables.length}`;
    this.#variables.push(name);
    return name;
  }

  /**
   * The statements of a step: when something throws in them, `failure` makes the error from the record in `value`. What is thrown elsewhere goes through as
   * it is. What they declare is their own; what is used behind them is a variable.
   *
   * Each step has a `catch` of its own: one for all would be given whichever records there are at the moment, and an object of
   * which the optimising compiler cannot say whether it is there must be made.
   */
  step(text: string, failure: StepFailure, value: string): string {
    return `try {\n${text}\n} catch (error) {\nthrow ${this.part(failure)}(error, ${value});\n}`;
  }

  /**
   * A step and what comes after it. When it throws, `failure` makes the error that ends the job, or else `taken` takes the
   * record, and the stage goes on with the next one.
   */
  attempt(step: string, value: string, failure: StepFailure, taken: ((error: unknown, value: unknown) => void) | undefined, after: () => string): string {
    if (taken === undefined) return `${this.step(step, failure, value)}${after()}`;
    const label = `step${this.#labels++}`;
    return `${label}: {\ntry { ${step} } catch (error) { ${this.part(taken)}(error, ${value}); break ${label}; }\n${after()}\n}`;
  }

  /** The statement that looks at a result for a promise while the check wants to see more. */
  look(check: PromiseCheck | undefined, result: string): string {
    if (check === undefined) return '';
    const name = this.part(check);
    // The result itself is handed to nobody: an object that is, is always made.
    const isPromise = `typeof ${result} === 'object' && ${result} !== null && typeof ${result}.then === 'function'`;
    if (!this.#manyRecords) return `if (${name}.active) ${name}.see(${isPromise});`;
    const active = `a${this.#looks.length}`;
    this.#looks.push(`const ${active} = ${name}.active;`);
    return `if (${active}) ${name}.see(${isPromise});`;
  }

  /** Notes which operator of which line of the job has a part in the text. */
  site(info: OperatorInfo): void {
    this.#sites.push(`${info.definedAt ?? `${info.job}/${info.uid}`}`);
  }

  /** Statements that hand the record in `value` to a receiver: its own text, or a call. `made` as {@link Fusible.fuse} has it. */
  next(receiver: Receiver, value: string, made?: readonly string[]): string {
    if (!isFusible(receiver)) return `${this.part(receiver)}.process(${value});`;
    if (this.#operators === MOST_OPERATORS) return `${this.part(fusedReceiver(receiver, this.record))}.process(${value});`;
    this.#operators++;
    return receiver.fuse(this, value, made);
  }

  /** The statements for one record with their variables; `onError` are statements before an error goes on. */
  guarded(text: string, onError: string = ''): string {
    const variables = this.#variables.length === 0 ? '' : `let ${this.#variables.join(', ')};\n`;
    return `${variables}${onError === '' ? text : `try {\n${text}\n} catch (error) {\n${onError}\nthrow error;\n}`}`;
  }

  /** Around a loop over many records: the statements before it, those before each few records, and those behind it. */
  many(): { readonly before: string; readonly now: string; readonly after: string } {
    const before = this.#counted.length === 0 ? '' : `let ${this.#counted.map((_, index) => `n${index} = 0`).join(', ')};`;
    return { before, now: this.#looks.join('\n'), after: this.#counted.join('\n') };
  }

  /**
   * Makes the function. Stages of the same lines of a job share what the runtime learned about them and their optimised
   * code, however often the job runs; stages of other lines never do, though their text be the same.
   */
  build(parameters: readonly string[], body: string): unknown {
    const key = `${this.#sites.join('\n')}\n${body}`;
    let maker = makers.get(key);
    if (maker === undefined) {
      if (makers.size >= MOST_MAKERS) makers.delete(makers.keys().next().value as string);
      maker = this.#maker(parameters, body);
      makers.set(key, maker);
    }
    return maker(...this.#names.keys());
  }

  #maker(parameters: readonly string[], body: string): Maker {
    // The number makes each text one of its own: the runtime shares what it learned between functions of equal text.
    const names = [...this.#names.values()];
    const own = this.#manyRecords && names.length > 0 ? `const ${names.map((name) => `${name} = of${name}`).join(', ')};` : '';
    const text = `// stage ${nextStage++}\nreturn function (${parameters.join(', ')}) {\n${own}\n${body}\n};`;
    return generateFunction(own === '' ? names : names.map((name) => `of${name}`), {}, text) as Maker;
  }
}

let nextStage = 1;

/** A receiver that does the same as `receiver` and all that can be fused behind it, by one generated function. */
export function fusedReceiver(receiver: Receiver, record: RecordContext): Receiver {
  if (!isFusible(receiver)) return receiver;
  const code = new StageCode(record);
  const text = code.next(receiver, 'value');
  return new GeneratedReceiver(code.build(['value'], code.guarded(text)) as Receiver['process']);
}

/** Whether a receiver writes what it does as text. */
export function isFusible(receiver: Receiver): receiver is Fusible {
  return typeof (receiver as Partial<Fusible>).fuse === 'function';
}

/** A receiver whose `process` is a generated function, which needs no `this`. */
export class GeneratedReceiver implements Receiver {
  readonly process: Receiver['process'];

  constructor(process: Receiver['process']) {
    this.process = process;
  }
}
