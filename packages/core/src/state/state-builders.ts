/** The builders behind the user's `state` object: each gives frozen plain data that a backend makes a handle from. */
import { type Duration, parseDuration } from '../base/duration.js';
import type { TypeInfo } from '../record/types/type-info.js';
import type {
  AggregatingDeclaration,
  BroadcastDeclaration,
  ListDeclaration,
  MapDeclaration,
  ReducingDeclaration,
  StateAggregate,
  TimeToLive,
  ValueDeclaration,
} from './declarations.js';
import { StateDeclarationInvalid } from './errors.js';

/** How long an entry lives, as a user writes it: `{ after: '1 d', domain: 'event' }`. */
export interface TimeToLiveOptions {
  /** An entry expires so long after it was created, written or (see `renewedBy`) read. */
  readonly after: Duration;
  /** The clock that counts; processing time unless said otherwise. */
  readonly domain?: 'processing' | 'event';
  /** What starts the time anew: writing (default), or reading too. */
  readonly renewedBy?: 'write' | 'readAndWrite';
  /** Whether an expired entry may be returned as long as it is not cleaned up; false unless said otherwise. */
  readonly returnExpired?: boolean;
}

/** What every keyed state may be given besides its type. */
export interface StateOptions {
  /** How long an entry lives: a duration, or a duration with its clock and renewal. For ever when not given. */
  readonly ttl?: Duration | TimeToLiveOptions;
  /** The name this state had in an older version of the job. */
  readonly renamedFrom?: string;
  /** Version of the type, counted by you, from 1. Raise it with every change that needs `migrate`. */
  readonly version?: number;
  /** Turns a value of an older version into one of today's type. Called while a job is restored, for each value. */
  readonly migrate?: (old: unknown, fromVersion: number) => unknown;
}

/**
 * Declares states: `state: { total: state.value(t.number, { ttl: '1 d' }) }`. The property key is the state's name.
 */
export const state: {
  /** One value per key. */
  value<T>(type: TypeInfo<T>, options?: StateOptions): ValueDeclaration<T>;
  /** A list per key; made for appending. */
  list<T>(type: TypeInfo<T>, options?: StateOptions): ListDeclaration<T>;
  /** A map per key; made for many entries. */
  map<K, V>(keyType: TypeInfo<K>, valueType: TypeInfo<V>, options?: StateOptions): MapDeclaration<K, V>;
  /** One value per key into which added values are combined. */
  reducing<T>(type: TypeInfo<T>, reduce: (accumulated: T, value: T) => T, options?: StateOptions): ReducingDeclaration<T>;
  /** One accumulator per key into which values are added. */
  aggregating<In, Acc, Out = Acc>(
    accumulatorType: TypeInfo<Acc>,
    aggregate: StateAggregate<In, Acc, Out>,
    options?: StateOptions,
  ): AggregatingDeclaration<In, Acc, NoInfer<Out>>;
  /** A map that every parallel instance holds in full. */
  broadcast<K, V>(keyType: TypeInfo<K>, valueType: TypeInfo<V>): BroadcastDeclaration<K, V>;
} = Object.freeze({
  value: <T>(type: TypeInfo<T>, options?: StateOptions): ValueDeclaration<T> =>
    Object.freeze({ kind: 'value', type: checkedType(type, 'state.value'), ...declared(options, 'state.value') }),
  list: <T>(type: TypeInfo<T>, options?: StateOptions): ListDeclaration<T> =>
    Object.freeze({ kind: 'list', type: checkedType(type, 'state.list'), ...declared(options, 'state.list') }),
  map: <K, V>(keyType: TypeInfo<K>, valueType: TypeInfo<V>, options?: StateOptions): MapDeclaration<K, V> =>
    Object.freeze({
      kind: 'map',
      key: checkedType(keyType, 'state.map'),
      type: checkedType(valueType, 'state.map'),
      ...declared(options, 'state.map'),
    }),
  reducing: <T>(type: TypeInfo<T>, reduce: (accumulated: T, value: T) => T, options?: StateOptions): ReducingDeclaration<T> => {
    if (typeof reduce !== 'function') throw StateDeclarationInvalid.error({ what: 'state.reducing was given no reduce function as its second argument' });
    return Object.freeze({ kind: 'reducing', type: checkedType(type, 'state.reducing'), reduce, ...declared(options, 'state.reducing') });
  },
  aggregating: <In, Acc, Out = Acc>(
    type: TypeInfo<Acc>,
    aggregate: StateAggregate<In, Acc, Out>,
    options?: StateOptions,
  ): AggregatingDeclaration<In, Acc, Out> => {
    if (typeof aggregate?.create !== 'function' || typeof aggregate.add !== 'function') {
      throw StateDeclarationInvalid.error({ what: 'state.aggregating was given no aggregate with create and add as its second argument' });
    }
    return Object.freeze({ kind: 'aggregating', type: checkedType(type, 'state.aggregating'), aggregate, ...declared(options, 'state.aggregating') });
  },
  broadcast: <K, V>(keyType: TypeInfo<K>, valueType: TypeInfo<V>): BroadcastDeclaration<K, V> =>
    Object.freeze({ kind: 'broadcast', key: checkedType(keyType, 'state.broadcast'), value: checkedType(valueType, 'state.broadcast') }),
});

const OPTION_NAMES: readonly string[] = ['ttl', 'renamedFrom', 'version', 'migrate'];
const TTL_NAMES: readonly string[] = ['after', 'domain', 'renewedBy', 'returnExpired'];

interface DeclaredOptions {
  ttl?: TimeToLive;
  renamedFrom?: string;
  version?: number;
  migrate?: (old: unknown, fromVersion: number) => unknown;
}

function declared(options: StateOptions | undefined, builder: string): DeclaredOptions {
  const result: DeclaredOptions = {};
  if (options === undefined) return result;
  refuseUnknown(options, OPTION_NAMES, builder);
  const { ttl, renamedFrom, version, migrate } = options;
  if (ttl !== undefined) result.ttl = timeToLive(ttl, builder);
  if (renamedFrom !== undefined) {
    if (typeof renamedFrom !== 'string' || renamedFrom === '') throw invalid(builder, 'renamedFrom must be the old name of the state');
    result.renamedFrom = renamedFrom;
  }
  if (version !== undefined) {
    if (!Number.isSafeInteger(version) || version < 1) throw invalid(builder, `version is ${String(version)}; it must be a whole number from 1`);
    result.version = version;
  }
  if (migrate !== undefined) {
    if (typeof migrate !== 'function') throw invalid(builder, 'migrate must be a function (old, fromVersion) => new');
    result.migrate = migrate;
  }
  return result;
}

function timeToLive(ttl: Duration | TimeToLiveOptions, builder: string): TimeToLive {
  const options: TimeToLiveOptions = typeof ttl === 'object' && ttl !== null ? ttl : { after: ttl };
  refuseUnknown(options, TTL_NAMES, `the ttl of ${builder}`);
  const { domain = 'processing', renewedBy = 'write', returnExpired = false } = options;
  const ttlMs = parseDuration(options.after, `the ttl of ${builder}`);
  if (ttlMs === 0) throw invalid(builder, 'a ttl must be longer than 0 ms');
  if (domain !== 'processing' && domain !== 'event') throw invalid(builder, `the ttl's domain is ${String(domain)}; it must be 'processing' or 'event'`);
  if (renewedBy !== 'write' && renewedBy !== 'readAndWrite') {
    throw invalid(builder, `the ttl's renewedBy is ${String(renewedBy)}; it must be 'write' or 'readAndWrite'`);
  }
  if (typeof returnExpired !== 'boolean') throw invalid(builder, "the ttl's returnExpired must be true or false");
  return Object.freeze({ ttlMs, domain, renewedBy, returnExpired });
}

function refuseUnknown(options: object, known: readonly string[], builder: string): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw invalid(builder, `there is no option "${name}"; there are ${known.join(', ')}`);
  }
}

function checkedType<T>(type: TypeInfo<T>, builder: string): TypeInfo<T> {
  const candidate: unknown = type;
  if (typeof candidate !== 'object' || candidate === null || typeof (candidate as { kind?: unknown }).kind !== 'string') {
    throw invalid(builder, 'a type was expected, for example t.number or type<Order>()');
  }
  return type;
}

function invalid(builder: string, what: string): Error {
  return StateDeclarationInvalid.error({ what: `${builder}: ${what}` });
}
