import type { AggregateFunction } from '../functions/aggregate-function.js';
import { isReadyMade } from '../functions/aggregates.js';
import type { RichFunction } from '../functions/user-function.js';
import { copyValue } from '../operators/windows/copy-value.js';
import type { BareAggregate } from '../operators/windows/window-spec.js';
import { canGenerateCode, generateFunction } from '../record/codec/code-generation.js';

type Part = AggregateFunction<unknown, unknown, unknown>;

/** Named aggregates rather than one aggregate function (or a class or factory of one). */
export function isShorthand(given: unknown): given is Readonly<Record<string, Part>> {
  if (typeof given !== 'object' || given === null || Object.getOwnPropertySymbols(given).length > 0) return false;
  if (typeof (given as Partial<Part>).create === 'function') return false;
  const parts = Object.values(given);
  return parts.length > 0 && parts.every((part) => typeof part === 'object' && part !== null && typeof (part as Partial<Part>).create === 'function');
}

/** One aggregate function that runs named ones side by side: accumulators by position, results by name. */
export function aggregateAll(parts: Readonly<Record<string, Part>>): AggregateFunction<unknown, unknown[], Record<string, unknown>> {
  const names = Object.keys(parts);
  const list = Object.values(parts);
  const all: AggregateFunction<unknown, unknown[], Record<string, unknown>> = {
    create: () => list.map((part) => part.create()),
    add(accumulator, value) {
      for (let i = 0; i < list.length; i++) {
        const next = list[i]!.add(accumulator[i], value);
        if (next !== undefined) accumulator[i] = next;
      }
    },
    result(accumulator) {
      const result: Record<string, unknown> = {};
      for (let i = 0; i < list.length; i++) define(result, names[i]!, resultOf(list[i]!, accumulator[i]));
      return result;
    },
    exact: list.every((part) => part.exact === true),
    ...lifeOf(list),
  };
  if (!list.every((part) => part.merge !== undefined)) return all;
  return {
    ...all,
    merge(accumulator, other) {
      for (let i = 0; i < list.length; i++) {
        const next = list[i]!.merge!(accumulator[i], other[i]);
        // What belongs to the other one stays there: adding to this one would change it.
        if (next !== undefined) accumulator[i] = next === other[i] ? copyValue(next) : next;
      }
    },
  };
}

/** The life cycle of those that have one: an aggregate without it may also run where its operator is not. */
function lifeOf(parts: readonly Part[]): RichFunction {
  if (parts.every((part) => part.open === undefined && part.close === undefined)) return {};
  return {
    async open(context) {
      for (const part of parts) await part.open?.(context);
    },
    async close() {
      for (const part of parts) await part.close?.();
    },
  };
}

/**
 * A single ready-made aggregate with its accumulator as it is: a count is a number, which lies in a table without an object of its own.
 * Snapshots hold what {@link aggregateAll} would keep. Undefined for several aggregates, and for those of users.
 */
export function bareAggregate(parts: Readonly<Record<string, Part>>): BareAggregate | undefined {
  const names = Object.keys(parts);
  const part = Object.values(parts)[0]!;
  if (names.length !== 1 || !isReadyMade(part)) return undefined;
  const name = names[0]!;
  return {
    aggregate: { ...part, result: resultUnder(name, part) },
    form: {
      numbers: typeof part.create() !== 'object',
      toStored: (accumulator) => [accumulator],
      fromStored: (stored) => (stored as readonly unknown[])[0],
    },
  };
}

/** Makes the record of a result. As text it is an object literal of the job's own: windows of 10,000 keys make as many at once. */
function resultUnder(name: string, part: Part): (accumulator: unknown) => unknown {
  if (canGenerateCode() && name !== '__proto__') {
    return generateFunction(['accumulator'], { part }, `return { ${JSON.stringify(name)}: part.result(accumulator) };`) as (accumulator: unknown) => unknown;
  }
  return (accumulator) => {
    const result: Record<string, unknown> = {};
    define(result, name, resultOf(part, accumulator));
    return result;
  };
}

function resultOf(part: Part, accumulator: unknown): unknown {
  return part.result === undefined ? copyValue(accumulator) : part.result(accumulator);
}

/** An assignment to `__proto__` would set the prototype instead of a field. */
function define(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true });
  else target[name] = value;
}
