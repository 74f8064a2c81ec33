import { t, type TypeInfo } from '@millrace/core';
import { isInt64, type FieldNode, type MessageNode, type ValueNode } from './message-node.js';

/** The type of records of a message. A message inside itself is dynamic. */
export function typeOfMessage(node: ValueNode, above: readonly MessageNode[] = []): TypeInfo {
  switch (node.kind) {
    case 'message': {
      const { known } = node;
      if (known?.kind === 'wrapper') return typeOfMessage(node.fields[0]!.type);
      if (known !== undefined) return known.time === 'nanos' ? t.bigint : known.kind === 'timestamp' ? t.timestamp : t.number;
      if (above.includes(node)) return t.dynamic;
      return t.struct(Object.fromEntries(node.fields.map((field) => [field.name, typeOfField(field, [...above, node])] as const)));
    }
    case 'enum':
    case 'string':
      return t.string;
    case 'bytes':
      return t.bytes;
    case 'bool':
      return t.boolean;
    default:
      return isInt64(node.kind) && node.isBigint ? t.bigint : t.number;
  }
}

function typeOfField({ label, type, key, presence }: FieldNode, above: readonly MessageNode[]): TypeInfo {
  const one = typeOfMessage(type, above);
  if (label === 'map') return t.map(typeOfMessage(key!), one);
  if (label === 'repeated') return t.list(one);
  return presence === 'optional' ? t.optional(one) : one;
}
