import { typeFromDescription } from '../../../record/types/describe.js';
import type { TypeInfo } from '../../../record/types/type-info.js';
import type { StoredForm } from '../../backend.js';
import type { KeyedStateDeclaration } from '../../declarations.js';
import { metaOf, type StateMeta } from '../../format/state-meta.js';

/** What a store keeps, and under which names a snapshot may know it. */
export interface StoreTypes {
  readonly value: TypeInfo;
  readonly form?: StoredForm | undefined;
  readonly mapKey: TypeInfo | undefined;
  readonly migrate: ((old: unknown, fromVersion: number) => unknown) | undefined;
  /** The first is the one that it has now. */
  readonly names: readonly string[];
}

/** How a snapshot describes a keyed state that was declared. */
export function declaredMeta(name: string, declaration: KeyedStateDeclaration, namespaced: boolean): StateMeta {
  return metaOf(name, declaration.kind, declaration.type, {
    namespaced,
    version: declaration.version ?? 1,
    ttl: declaration.ttl ?? null,
    ...(declaration.kind === 'map' ? { mapKeyType: metaOf(name, 'map', declaration.key).type } : {}),
  });
}

/** What is kept for a keyed state that was declared. */
export function declaredTypes(name: string, declaration: KeyedStateDeclaration): StoreTypes {
  return {
    value: declaration.type,
    mapKey: declaration.kind === 'map' ? declaration.key : undefined,
    migrate: declaration.migrate,
    names: declaration.renamedFrom === undefined ? [name] : [name, declaration.renamedFrom],
  };
}

/** What is kept for a state that is in a snapshot and that nobody declared. */
export function restoredTypes({ name, type, mapKeyType }: StateMeta): StoreTypes {
  return { value: typeFromDescription(type), mapKey: mapKeyType === null ? undefined : typeFromDescription(mapKeyType), migrate: undefined, names: [name] };
}
