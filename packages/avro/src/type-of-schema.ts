import { t, type TypeInfo } from '@millrace/core';
import type { AvroNode, AvroRecord } from './avro-schema.js';
import { isWrapped, kindOfValue } from './branches.js';
import type { LongMode } from './logical.js';

/** The type of values of a schema. A record inside itself, and unions of several types, are dynamic. */
export function typeOfSchema(node: AvroNode, longs: LongMode, above: readonly AvroRecord[] = []): TypeInfo {
  switch (node.kind) {
    case 'record': {
      if (above.includes(node)) return t.dynamic;
      const fields = node.fields.map(({ name, type }) => [name, typeOfSchema(type, longs, [...above, node])] as const);
      return t.struct(Object.fromEntries(fields));
    }
    case 'array':
      return t.list(typeOfSchema(node.items, longs, above));
    case 'map':
      return t.map(t.string, typeOfSchema(node.values, longs, above));
    case 'union': {
      const solid = node.branches.filter(({ kind }) => kind !== 'null');
      if (solid.length !== 1 || isWrapped(node, longs)) return t.dynamic;
      const inner = typeOfSchema(solid[0]!, longs, above);
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
