import type { Collector } from '../functions/collector.js';
import type { FlatMapFunction, RichFlatMapFunction } from '../functions/element-functions.js';
import { normaliseTimestamp } from '../record/timestamps.js';
import type { FunctionSource } from '../functions/user-function.js';
import { FlatMapResultNotIterable } from './errors.js';
import { excerpt } from '../record/excerpt.js';
import type { Fusible, StageCode } from './fusion/stage-code.js';
import { LetterBox } from './letter-box.js';
import type { Operator, OperatorFactory, Progress, Receiver } from './operator.js';
import type { Flow, OperatorContext, OperatorInfo, RecordContext } from './operator-context.js';
import { outputCollector } from './output-collector.js';
import { closeFunction, functionOf, openFunction, type Waited } from './user-function-life.js';
import { placeOf, PromiseCheck, userFailure } from './user-failure.js';

/** Any flat-map function. */
export type AnyFlatMap = FlatMapFunction<never, unknown> | RichFlatMapFunction<never, unknown>;
type Called = FlatMapFunction<unknown, unknown> | RichFlatMapFunction<unknown, unknown>;

/** Any number of results for each record: collected by the function, or pulled from the iterable it returns. */
export function flatMapOperator(fn: FunctionSource<AnyFlatMap>): OperatorFactory {
  return { create: () => new FlatMapOperator(fn) };
}

/** A record that came while an iterable was unfinished: an operator before this one emitted several at once. */
interface Waiting {
  readonly value: unknown;
  readonly timestamp: number;
}

class FlatMapOperator implements Operator, Fusible {
  recordsIn: number;
  readonly #source: FunctionSource<AnyFlatMap>;
  #function: Called | undefined;
  #flatMap!: FlatMapFunction<unknown, unknown>;
  #output!: Receiver;
  #collector!: Collector<unknown>;
  #record!: RecordContext;
  #flow!: Flow;
  #promises!: PromiseCheck;
  #info!: OperatorInfo;
  #letters: LetterBox | undefined;
  /** The iterable under way, with the timestamp of its record. */
  #iterator: Iterator<unknown> | undefined;
  #iteratorTimestamp: number;
  #waiting: Waiting[];

  constructor(source: FunctionSource<AnyFlatMap>) {
    this.recordsIn = 0;
    this.#source = source;
    this.#iterator = undefined;
    this.#iteratorTimestamp = Number.NaN;
    this.#waiting = [];
  }

  open(context: OperatorContext): Waited {
    const fn = functionOf<Called>(this.#source, context);
    this.#function = fn;
    this.#flatMap = typeof fn === 'function' ? fn : (value, out) => fn.flatMap(value, out);
    this.#output = context.output;
    this.#record = context.record;
    this.#flow = context.flow;
    this.#collector = outputCollector(context);
    this.#promises = new PromiseCheck(context.info, 'the flatMap function');
    this.#info = context.info;
    this.#letters = LetterBox.of(context);
    return openFunction(fn, context);
  }

  input(): Receiver {
    return this;
  }

  process(value: unknown): void {
    this.recordsIn++;
    if (this.#iterator !== undefined) {
      this.#waiting.push({ value, timestamp: this.#record.timestamp });
      return;
    }
    if (!this.#begin(value)) this.#flow.backlog();
  }

  /** `process` as text, but for what comes while an iterable is unfinished, and for functions whose results are held back. */
  fuse(code: StageCode, value: string): string {
    code.site(this.#info);
    const operator = code.part(this);
    if (this.#letters !== undefined) return `${operator}.process(${value});`;
    const info = this.#info;
    const fn = code.part(this.#function);
    const call = typeof this.#function === 'function' ? fn : `${fn}.flatMap`;
    const results = code.variable();
    const emit = code.part((returned: unknown) => {
      if (!this.#emit(returned)) this.#flow.backlog();
    });
    return `
if (${operator}.isPulling) {
${operator}.process(${value});
} else {
${code.count(this)}
${code.step(`${results} = ${call}(${value}, ${code.part(this.#collector)});`, (error, record) => userFailure(info, 'the flatMap function', error, record), value)}
if (${results} !== undefined && ${results} !== null) ${emit}(${results});
}`;
  }

  /** True while results of an iterable are left. */
  get isPulling(): boolean {
    return this.#iterator !== undefined;
  }

  resume(): Progress {
    const record = this.#record;
    const before = record.timestamp;
    const done = this.#goOn();
    record.timestamp = before;
    return done ? 'done' : 'more';
  }

  close(): Waited {
    this.#iterator?.return?.();
    return closeFunction(this.#function);
  }

  #goOn(): boolean {
    const record = this.#record;
    record.timestamp = this.#iteratorTimestamp;
    if (this.#iterator !== undefined && !this.#pull(this.#iterator)) return false;
    const waiting = this.#waiting;
    for (let i = 0; i < waiting.length; i++) {
      const { value, timestamp } = waiting[i]!;
      record.timestamp = timestamp;
      const done = this.#begin(value);
      if (done && (i + 1 === waiting.length || this.#flow.mayEmit())) continue;
      this.#waiting = waiting.slice(i + 1);
      return done && this.#waiting.length === 0;
    }
    this.#waiting = [];
    return true;
  }

  /** Calls the function for a record and emits what it returns; false when results are left. */
  #begin(value: unknown): boolean {
    let results: unknown;
    if (this.#letters !== undefined) {
      this.#beginOrGiveUp(value, this.#letters);
      return true;
    }
    try {
      results = this.#flatMap(value, this.#collector);
    } catch (error) {
      throw userFailure(this.#info, 'the flatMap function', error, value);
    }
    return results === undefined || results === null || this.#emit(results);
  }

  /** Emits what the function has returned for the record under way; false when results are left. */
  #emit(results: unknown): boolean {
    if (this.#promises.active) this.#promises.look(results);
    const iterator = this.#iteratorOf(results);
    this.#iteratorTimestamp = this.#record.timestamp;
    return this.#pull(iterator);
  }

  /** The same where records may be given up: results are held back until all of them are there, so that none of a given-up record gets out. */
  #beginOrGiveUp(value: unknown, letters: LetterBox): void {
    const held: Waiting[] = [];
    const record = this.#record;
    const { timestamp } = record;
    const collector: Collector<unknown> = {
      collect: (result) => void held.push({ value: result, timestamp }),
      collectAt: (result, at) => void held.push({ value: result, timestamp: normaliseTimestamp(at) }),
    };
    try {
      const returned: unknown = this.#flatMap(value, collector);
      if (returned !== undefined && returned !== null) {
        if (this.#promises.active) this.#promises.look(returned);
        const iterator = this.#iteratorOf(returned);
        for (let next = iterator.next(); next.done !== true; next = iterator.next()) held.push({ value: next.value, timestamp });
      }
    } catch (error) {
      letters.take('the flatMap function', error, value);
      return;
    }
    for (const result of held) {
      record.timestamp = result.timestamp;
      this.#output.process(result.value);
    }
    record.timestamp = timestamp;
  }

  #iteratorOf(results: unknown): Iterator<unknown> {
    if (typeof results === 'object' && results !== null) {
      const method = (results as Partial<Iterable<unknown>>)[Symbol.iterator];
      if (typeof method === 'function') return method.call(results);
    }
    throw FlatMapResultNotIterable.error({
      what: `the flatMap function of "${this.#info.name}" returned ${excerpt(results)}, a ${typeof results}`,
      where: placeOf(this.#info),
    });
  }

  /** Emits results while the outputs take more; false when the iterable is not at its end. */
  #pull(iterator: Iterator<unknown>): boolean {
    const output = this.#output;
    const flow = this.#flow;
    for (;;) {
      let next: IteratorResult<unknown>;
      try {
        next = iterator.next();
      } catch (error) {
        this.#iterator = undefined;
        throw userFailure(this.#info, 'the iterable returned by flatMap', error);
      }
      if (next.done === true) {
        this.#iterator = undefined;
        return true;
      }
      output.process(next.value);
      if (!flow.mayEmit()) {
        this.#iterator = iterator;
        return false;
      }
    }
  }
}
