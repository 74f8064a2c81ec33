import { generateFunction } from '@millrace/core/spi';
import type { AvroReader } from './byte-tap.js';

/** A reader, and where it is short the expression that does the same with the tap `tap`. */
export interface ReaderPart {
  readonly read: AvroReader;
  readonly inline?: string;
}

/** A field as it is written: read, and kept under a name or left out. */
export interface FieldPart extends ReaderPart {
  /** Undefined: read and left out. */
  readonly name: string | undefined;
}

/** A field that is not written. */
export interface DefaultPart {
  readonly name: string;
  readonly value: () => unknown;
}

/**
 * A reader of records made of text: the engine then knows the fields of what it makes, and calls nothing for a number. The
 * fields come in the order of the reader's schema, so that records of all writers are alike inside.
 */
export function generatedRecord(order: readonly string[], fields: readonly FieldPart[], defaults: readonly DefaultPart[]): AvroReader {
  const parts: Record<string, unknown> = {};
  const values = new Map<string, string>();
  const lines = fields.map((field, at) => {
    const value = field.inline ?? `read${at}(tap)`;
    if (field.inline === undefined) parts[`read${at}`] = field.read;
    if (field.name === undefined) return `${value};`;
    values.set(field.name, `value${at}`);
    return `const value${at} = ${value};`;
  });
  defaults.forEach(({ name, value }, at) => {
    parts[`default${at}`] = value;
    values.set(name, `default${at}()`);
  });
  // A field of this name is one only where it is computed.
  const properties = order.map((name) => `${name === '__proto__' ? '["__proto__"]' : JSON.stringify(name)}: ${values.get(name)}`);
  return generateFunction(['tap'], parts, `tap.enter();\n${lines.join('\n')}\nconst made = { ${properties.join(', ')} };\ntap.depth--;\nreturn made;`) as AvroReader;
}

/** A reader of arrays made of text. */
export function generatedList(item: ReaderPart): AvroReader {
  const value = item.inline ?? 'read(tap)';
  const body = `tap.enter();
const made = [];
for (let count = tap.blockCount(); count > 0; count = tap.blockCount()) {
  for (; count > 0; count--) made.push(${value});
}
tap.depth--;
return made;`;
  return generateFunction(['tap'], { read: item.read }, body) as AvroReader;
}
