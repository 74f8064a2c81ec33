import { unreachable } from '../../../base/assert.js';
import type { CheckMode } from '../../check-mode.js';
import type { KeyedStateDeclaration } from '../../declarations.js';
import type { CurrentKey } from './current-key.js';
import type { KeyedStore } from './keyed-store.js';
import { HeapListState } from './list-state.js';
import type { ListCell } from './list-cell.js';
import type { MapForm } from './map-form.js';
import { HeapMapState } from './map-state.js';
import { HeapAggregatingState, HeapReducingState, HeapValueState } from './plain-state.js';

/** The handle of a keyed state. */
export function keyedHandle(store: KeyedStore<unknown>, declaration: KeyedStateDeclaration, current: CurrentKey, check: CheckMode | null): unknown {
  switch (declaration.kind) {
    case 'value':
      return new HeapValueState(store, current, check);
    case 'list':
      return new HeapListState(store as KeyedStore<ListCell<unknown>>, current, check);
    case 'map':
      return new HeapMapState(store as KeyedStore<MapForm<unknown>>, current, check);
    case 'reducing':
      return new HeapReducingState(store, current, check, (accumulated, value) => declaration.reduce(accumulated, value));
    case 'aggregating':
      return new HeapAggregatingState(store, current, check, declaration.aggregate);
    default:
      return unreachable(declaration);
  }
}
