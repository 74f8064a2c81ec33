import type { Collector, SideCollectors } from '../functions/collector.js';
import { normaliseTimestamp } from '../record/timestamps.js';
import { namedParts } from './named-parts.js';
import { GeneratedReceiver } from './fusion/stage-code.js';
import type { Receiver } from './operator.js';
import type { OperatorContext, RecordContext } from './operator-context.js';

/** The collector that user functions see: puts results into an output of the operator. */
export class OutputCollector<T = unknown> implements Collector<T> {
  readonly #receiver: Receiver;
  readonly #record: RecordContext;

  constructor(receiver: Receiver, record: RecordContext) {
    this.#receiver = receiver;
    this.#record = record;
  }

  collect(value: T): void {
    this.#receiver.process(value);
  }

  collectAt(value: T, timestamp: number): void {
    const record = this.#record;
    const before = record.timestamp;
    record.timestamp = normaliseTimestamp(timestamp);
    this.#receiver.process(value);
    record.timestamp = before;
  }
}

/**
 * The collector of an operator's main output. Where generated code follows, its function is the collector's own method: a call of
 * it in the user's function is then a call of that function, which can be inlined there with all that lies behind.
 */
export function outputCollector(context: Pick<OperatorContext, 'output' | 'record'>): Collector<unknown> {
  const { output, record } = context;
  return output instanceof GeneratedReceiver ? new GeneratedCollector(output.process, record) : new OutputCollector(output, record);
}

class GeneratedCollector implements Collector<unknown> {
  readonly collect: (value: unknown) => void;
  readonly #record: RecordContext;

  constructor(collect: (value: unknown) => void, record: RecordContext) {
    this.collect = collect;
    this.#record = record;
  }

  collectAt(value: unknown, timestamp: number): void {
    const record = this.#record;
    const before = record.timestamp;
    record.timestamp = normaliseTimestamp(timestamp);
    this.collect(value);
    record.timestamp = before;
  }
}

/** The collectors of declared side outputs by name; another name is a coded error that suggests the right one. */
export function sideCollectors(names: readonly string[], context: OperatorContext): SideCollectors<Record<string, unknown>> {
  const collectors = new Map<string, Collector<unknown>>();
  for (const name of names) collectors.set(name, new OutputCollector(context.sideOutput(name), context.record));
  return namedParts('side output', collectors, context.info);
}

/** The names of the side outputs: those given beside the function, and those that the function object itself declares. */
export function sideOutputNames(given: object | undefined, fn: unknown): readonly string[] {
  const names = new Set<string>(Object.keys(given ?? {}));
  if (typeof fn === 'object' && fn !== null && 'sideOutputs' in fn) {
    const declared: unknown = fn.sideOutputs;
    if (typeof declared === 'object' && declared !== null) for (const name of Object.keys(declared)) names.add(name);
  }
  return [...names];
}
