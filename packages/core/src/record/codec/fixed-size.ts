import type { TypeNode } from '../types/type-info.js';

/** How many bytes the declared encoding of every value of a type has; -1 when they differ, or may be wrong in themselves. */
export function fixedSize(type: TypeNode): number {
  switch (type.kind) {
    case 'number':
    case 'timestamp':
      return 8;
    case 'tuple':
      return sum(type.elements);
    case 'struct':
    case 'class':
      return sum(type.fields.map((field) => field.type));
    default:
      return -1;
  }
}

/** Of parts one after the other. Where there is none, a zero byte stands for them. */
function sum(parts: readonly TypeNode[]): number {
  if (parts.length === 0) return -1;
  let bytes = 0;
  for (const part of parts) {
    const size = fixedSize(part);
    if (size < 0) return -1;
    bytes += size;
  }
  return bytes;
}
