import { type AvroNode, type AvroUnion, branchName } from './avro-schema.js';
import { isBigint, type LongMode } from './logical.js';

/**
 * Whether values of a union cannot be told from each other in JavaScript, such as two records, or int and double. Such
 * values are given as `{ [name of the type]: value }`, as in Avro's own JSON; null stays null.
 */
export function isWrapped({ branches }: AvroUnion, longs: LongMode): boolean {
  const kinds = branches.map((branch) => kindOfValue(branch, longs));
  return new Set(kinds).size !== kinds.length;
}

/** The branch that a value of an unwrapped union is of, by its kind in JavaScript; -1 when none. */
export function branchOf(value: unknown, kinds: readonly string[]): number {
  return kinds.indexOf(kindOf(value));
}

/** What values of a type are in JavaScript. */
export function kindOfValue(node: AvroNode, longs: LongMode): string {
  switch (node.kind) {
    case 'int':
      return node.logical?.name === 'date' ? 'date' : 'number';
    case 'long':
      return isBigint(node.logical, longs) ? 'bigint' : 'number';
    case 'float':
    case 'double':
      return 'number';
    case 'bytes':
    case 'fixed':
      return node.logical?.name === 'decimal' ? 'string' : 'bytes';
    case 'enum':
      return 'string';
    default:
      return node.kind;
  }
}

/** The names that wrap values of a union's branches. */
export function branchNames({ branches }: AvroUnion): readonly string[] {
  return branches.map(branchName);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value !== 'object') return typeof value;
  if (Array.isArray(value)) return 'array';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof Map) return 'map';
  return value instanceof Date ? 'date' : 'record';
}
