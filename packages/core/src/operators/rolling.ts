import type { KeySelector } from '../functions/element-functions.js';
import type { TypeInfo } from '../record/types/type-info.js';
import type { StateBackend } from '../state/backend.js';
import type { ValueDeclaration } from '../state/declarations.js';
import type { ValueState } from '../state/handles.js';
import type { Operator, OperatorFactory, Receiver } from './operator.js';
import type { OperatorContext, OperatorInfo } from './operator-context.js';
import { type FieldAccess, type FieldChoice, fieldAccess, refuseField } from './rolling-field.js';
import { userFailure } from './user-failure.js';

/** The rolling aggregations over one field. */
export type RollingKind = 'sum' | 'min' | 'max' | 'minBy' | 'maxBy';

/** What a rolling aggregation needs. */
export interface RollingSettings {
  readonly keyOf: KeySelector<never, unknown>;
  readonly keyType: TypeInfo;
  /** Type of the elements. */
  readonly type: TypeInfo;
  readonly kind: RollingKind;
  /** A field's name, a position in a tuple (0 also means the element itself when it is a primitive), or access of one's own. */
  readonly field: FieldChoice;
  /** For `minBy` and `maxBy`: the first of equal elements stays (default), or the last one counts. */
  readonly firstOnTie?: boolean;
}

/**
 * Aggregates one field per key and emits the new result after every element (rule 31). `sum`, `min` and `max` give the
 * key's first element with the field replaced; `minBy` and `maxBy` give the whole element. Results are never changed later.
 */
export function rollingOperator(settings: RollingSettings): OperatorFactory {
  return { create: () => new RollingOperator(settings) };
}

class RollingOperator implements Operator, Receiver {
  recordsIn: number;
  readonly #settings: RollingSettings;
  readonly #field: FieldAccess;
  #keyOf!: KeySelector<unknown, unknown>;
  #backend!: StateBackend;
  #best!: ValueState<unknown>;
  #output!: Receiver;
  #info!: OperatorInfo;

  constructor(settings: RollingSettings) {
    this.recordsIn = 0;
    this.#settings = settings;
    this.#field = fieldAccess(settings.field);
  }

  open(context: OperatorContext): void {
    this.#keyOf = this.#settings.keyOf as KeySelector<unknown, unknown>;
    this.#backend = context.state(this.#settings.keyType);
    const declaration: ValueDeclaration<unknown> = { kind: 'value', type: this.#settings.type };
    this.#best = this.#backend.keyedState('rolling', declaration as ValueDeclaration<never>) as ValueState<unknown>;
    this.#output = context.output;
    this.#info = context.info;
  }

  input(): Receiver {
    return this;
  }

  process(value: unknown): void {
    this.recordsIn++;
    let result: unknown;
    try {
      this.#backend.setCurrentKey(this.#keyOf(value));
      result = this.#aggregate(this.#best.value(), value);
    } catch (error) {
      throw userFailure(this.#info, `the rolling ${this.#settings.kind}`, error, value);
    }
    this.#best.update(result);
    this.#output.process(result);
  }

  #aggregate(before: unknown, value: unknown): unknown {
    const { kind } = this.#settings;
    const now = this.#fieldOf(value);
    if (before === undefined) return value;
    const best = this.#fieldOf(before);
    if (typeof now !== typeof best) {
      throw refuseField(kind, this.#field, value, now, `${describe(best)} came before for the same key, and the two cannot be combined`);
    }
    if (kind === 'sum') return this.#field.set(before, (best as number) + (now as number));
    const order = kind === 'min' || kind === 'minBy' ? compare(now, best) : compare(best, now);
    if (kind === 'min' || kind === 'max') return order < 0 ? this.#field.set(before, now) : before;
    return order < 0 || (order === 0 && this.#settings.firstOnTie === false) ? value : before;
  }

  #fieldOf(value: unknown): unknown {
    const { kind } = this.#settings;
    const field = this.#field.get(value);
    const type = typeof field;
    if (type === 'bigint' || (type === 'number' && (kind === 'sum' || field === field))) return field;
    if (type === 'string' && kind !== 'sum') return field;
    throw refuseField(kind, this.#field, value, field);
  }
}

function compare(left: unknown, right: unknown): number {
  return (left as number) < (right as number) ? -1 : (left as number) > (right as number) ? 1 : 0;
}

function describe(value: unknown): string {
  return `a ${typeof value}`;
}
