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
