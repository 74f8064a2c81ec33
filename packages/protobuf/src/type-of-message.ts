import { t, type TypeInfo } from '@millrace/core';
import { isInt64, type FieldNode, type MessageNode, type ValueNode } from './message-node.js';

/** Types have no names and no references: what messages share is there again and again, so there must be an end. */
const MOST_FIELDS = 5000;

/** The type of records of a message. A message inside itself is dynamic, and so are all beyond the first 5000 fields. */
export function typeOfMessage(node: MessageNode): TypeInfo {
  return typeOf(node, [], { fields: 0 });
}

interface Count {
  fields: number;
}

function typeOf(node: ValueNode, above: readonly MessageNode[], count: Count): TypeInfo {
  switch (node.kind) {
    case 'message': {
      const { known } = node;
      if (known?.kind === 'wrapper') return typeOf(node.fields[0]!.type, above, count);
      if (known !== undefined) return known.time === 'nanos' ? t.bigint : known.kind === 'timestamp' ? t.timestamp : t.number;
      count.fields += node.fields.length;
      if (above.includes(node) || count.fields > MOST_FIELDS) return t.dynamic;
      return t.struct(Object.fromEntries(node.fields.map((field) => [field.name, typeOfField(field, [...above, node], count)] as const)));
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

function typeOfField({ label, type, key, presence }: FieldNode, above: readonly MessageNode[], count: Count): TypeInfo {
  const one = typeOf(type, above, count);
  if (label === 'map') return t.map(typeOf(key!, above, count), one);
  if (label === 'repeated') return t.list(one);
  return presence === 'optional' ? t.optional(one) : one;
}
