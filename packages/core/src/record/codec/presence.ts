/** How a value may be missing: the one byte in front of a value whose type is optional or nullable. */
import type { TypeNode } from '../types/type-info.js';

/** The value follows. */
export const PRESENT = 0;
/** The field (or array element) is not there. */
export const ABSENT = 1;
/** It is there and undefined. */
export const UNDEFINED = 2;
/** It is there and null. */
export const NULL = 3;

/** A type without its optional and nullable shells, and what those allow. */
export interface Presence {
  readonly solid: TypeNode;
  readonly allowsUndefined: boolean;
  readonly allowsNull: boolean;
  /** Only an optional shell on the outside lets a field be absent. */
  readonly allowsAbsent: boolean;
  /** True when there is a shell, so that a presence byte is written. */
  readonly isWrapped: boolean;
}

/** Takes the shells off. */
export function presenceOf(type: TypeNode): Presence {
  let solid = type;
  let allowsUndefined = false;
  let allowsNull = false;
  while (solid.kind === 'optional' || solid.kind === 'nullable') {
    if (solid.kind === 'optional') allowsUndefined = true;
    else allowsNull = true;
    solid = solid.inner;
  }
  return { solid, allowsUndefined, allowsNull, allowsAbsent: allowsUndefined, isWrapped: allowsUndefined || allowsNull };
}
