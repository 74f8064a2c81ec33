import { t, type TypeInfo } from '@millrace/core';
import type { AvroNode, AvroRecord } from './avro-schema.js';
import { isWrapped, kindOfValue } from './branches.js';
import type { LongMode } from './logical.js';

/** Types have no names and no references: what records share is there again and again, so there must be an end. */
const MOST_FIELDS = 5000;

/** The type of values of a schema. A record inside itself, unions of several types, and all beyond the first 5000 fields are dynamic. */
export function typeOfSchema(node: AvroNode, longs: LongMode): TypeInfo {
  return typeOf(node, longs, [], { fields: 0 });
}

interface Count {
  fields: number;
}

function typeOf(node: AvroNode, longs: LongMode, above: readonly AvroRecord[], count: Count): TypeInfo {
  switch (node.kind) {
    case 'record': {
      count.fields += node.fields.length;
      if (above.includes(node) || count.fields > MOST_FIELDS) return t.dynamic;
      const fields = node.fields.map(({ name, type }) => [name, typeOf(type, longs, [...above, node], count)] as const);
      return t.struct(Object.fromEntries(fields));
    }
    case 'array':
      return t.list(typeOf(node.items, longs, above, count));
    case 'map':
      return t.map(t.string, typeOf(node.values, longs, above, count));
    case 'union': {
      const solid = node.branches.filter(({ kind }) => kind !== 'null');
      if (solid.length !== 1 || isWrapped(node, longs)) return t.dynamic;
      const inner = typeOf(solid[0]!, longs, above, count);
      return solid.length === node.branches.length || inner.kind === 'dynamic' ? inner : t.nullable(inner);
    }
    case 'null':
      return t.dynamic;
    case 'long':
      return node.logical?.name.endsWith('timestamp-millis') === true ? t.timestamp : kindOfValue(node, longs) === 'bigint' ? t.bigint : t.number;
    default:
      return { string: t.string, number: t.number, boolean: t.boolean, bytes: t.bytes, date: t.date }[kindOfValue(node, longs)] ?? t.dynamic;
  }
}
