import { fieldExpression, generateFunction } from '@millrace/core/spi';
import { Misfit, notA } from './misfit.js';
import { type AvroWriter, writeLong, writeText } from './write-leaf.js';

/** A writer, and where it is short the statement that does the same with `value` and `out`. */
export interface WriterPart {
  readonly write: AvroWriter;
  readonly inline?: string;
}

/** A field of a record that is written. */
export interface WrittenField extends WriterPart {
  readonly name: string;
  /** What stands for a missing value; undefined where it must be there. */
  readonly fallback: unknown;
}

const COMMON = { Misfit, notA, writeLong, writeText, hasOwn: Object.hasOwn };

/** A writer of records made of text: each field is written where it stands, numbers and texts without a call of a writer. */
export function generatedRecordWriter(name: string, fields: readonly WrittenField[]): AvroWriter {
  const parts: Record<string, unknown> = { ...COMMON, names: fields.map((field) => field.name) };
  const lines = fields.map((field, at) => {
    const { inline = `write${at}(out, value);`, write, fallback } = field;
    parts[`write${at}`] = write;
    parts[`fallback${at}`] = fallback;
    const given = fallback === undefined ? '' : `if (value === undefined) value = fallback${at};\n`;
    return `at = ${at};\nvalue = ${fieldExpression('record', field.name, Object.prototype)};\n${given}${inline.replaceAll('OWN', `write${at}`)}`;
  });
  const body = `if (typeof record !== 'object' || record === null || Array.isArray(record)) throw notA(record, ${JSON.stringify(`record ${name}`)});
let at = 0;
let value;
try {
${lines.join('\n')}
} catch (error) {
  if (error instanceof Misfit) error.path = '.' + names[at] + error.path;
  throw error;
}`;
  return generateFunction(['out', 'record'], parts, body) as AvroWriter;
}

/** A writer of arrays made of text. */
export function generatedListWriter({ write, inline = 'OWN(out, value);' }: WriterPart): AvroWriter {
  const body = `if (!Array.isArray(list)) throw notA(list, 'array');
if (list.length > 0) writeLong(out, list.length);
let at = 0;
try {
  for (; at < list.length; at++) {
    const value = list[at];
    ${inline.replaceAll('OWN', 'write')}
  }
} catch (error) {
  if (error instanceof Misfit) error.path = '[' + at + ']' + error.path;
  throw error;
}
out.u8(0);`;
  return generateFunction(['out', 'list'], { ...COMMON, write }, body) as AvroWriter;
}
