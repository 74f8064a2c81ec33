import { describeType } from '../../record/types/describe.js';
import type { TypeInfo } from '../../record/types/type-info.js';
import type { TimeToLive } from '../declarations.js';

/** The kinds of state that a blob may hold. */
export type StoredKind =
  | 'value'
  | 'list'
  | 'map'
  | 'reducing'
  | 'aggregating'
  | 'window'
  | 'timers'
  | 'broadcast'
  | 'operatorList'
  | 'operatorUnion';

/** What a blob says about one state: enough to read its values without the job. */
export interface StateMeta {
  readonly name: string;
  readonly kind: StoredKind;
  /** Whether its entries belong to namespaces (windows). */
  readonly namespaced: boolean;
  /** Version of the type, counted by the user. */
  readonly version: number;
  readonly ttl: TimeToLive | null;
  /** The description of the type of values, elements or accumulators, as JSON; null for timers. */
  readonly type: unknown;
  /** The description of the type of map keys; null for all but maps. */
  readonly mapKeyType: unknown;
}

/** The description of a state for its snapshots; what is not given is that of a plain state of version 1. */
export function metaOf(name: string, kind: StoredKind, type: TypeInfo | null, rest: Partial<StateMeta> = {}): StateMeta {
  return Object.freeze({ name, kind, namespaced: false, version: 1, ttl: null, type: type === null ? null : describeType(type), mapKeyType: null, ...rest });
}
