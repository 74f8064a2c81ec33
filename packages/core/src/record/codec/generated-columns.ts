/**
 * Records as columns, by functions generated per layout: the bytes of `columns.ts`, in one pass per field over the
 * records (numbers side by side share one), and back through one object literal per shape.
 */
import type { ByteReader, ByteWriter } from '../../base/bytes.js';
import { type NumberColumns, numberShape, type NumberShape, type RecordRead } from '../number-columns.js';
import type { RecordBatch } from '../record-batch.js';
import type { ClassType, FieldType, StructType, TypeNode } from '../types/type-info.js';
import { fieldExpression, generateFunction, literalProperty } from './code-generation.js';
import {
  isColumnar,
  presentIn,
  readBits,
  readColumn,
  readMask,
  readNumbers,
  spread,
  writeColumn,
  writeMask,
} from './columns.js';
import { isObjectType, prototypeOf } from './generated.js';
import { ABSENT_VALUE, presenceCode } from './interpreted.js';
import { MISFIT } from './misfit.js';
import { PRESENT, presenceOf, type Presence } from './presence.js';
import { setField } from './primitives.js';
import { PIECE_UNITS, readStrings, STRINGS_AT_ONCE, writeNarrow, writeStrings } from './string-column.js';

/** Writes the values `from` to `to - 1` as one column; throws the misfit. */
export type ColumnWriter = (values: readonly unknown[], from: number, to: number, writer: ByteWriter) => void;

/** Reads a column of `count` values into `out`, from `at` on. */
export type ColumnReader = (reader: ByteReader, count: number, out: unknown[], at: number) => void;

/**
 * Reads a column of `count` values as far as what makes each of them: to be asked once each, in turn, while the reader's bytes stay as they are. `batch` is
 * the empty one that they are for, which takes columns of numbers.
 */
export type ColumnOpener = (reader: ByteReader, count: number, batch: RecordBatch) => RecordRead;

/**
 * The writer of a type's column: generated for structs and classes, interpreted for the rest. Where all values are known to be
 * plain objects of the fields `known`, in this order, a struct of these does not ask for them.
 */
export function generateColumnWriter(type: TypeNode, known?: readonly string[]): ColumnWriter {
  if (!isColumnar(type) || !isObjectType(type)) return (values, from, to, writer) => writeColumn(type, values, from, to, writer);
  const parts: Record<string, unknown> = { ...WRITING, prototype: prototypeOf(type), names: type.fields.map((field) => field.name) };
  parts['optional'] = type.fields.map((field) => presenceOf(field.type).allowsAbsent);
  const body = ['const n = to - from; if (n === 0) return;'];
  // Numbers that follow one another are written in one pass, the first of them in that which checks the records.
  let check = type.kind === 'struct' && known !== undefined && hasFields(type, known) ? '' : fieldCheck(type);
  for (let at = 0; at < type.fields.length; ) {
    const end = endOfNumbers(type.fields, at);
    if (check !== '' && end === at) body.push(`for (let i = from; i < to; i++) { const v = values[i]; ${check} }`);
    if (end > at) body.push(`{ ${writeNumberFields(type.fields.slice(at, end), check, prototypeOf(type))} }`);
    else body.push(`{ ${writeField(type.fields[at] as FieldType, at, prototypeOf(type), parts)} }`);
    check = '';
    at = Math.max(end, at + 1);
  }
  return generateFunction(['values', 'from', 'to', 'w'], parts, body.join('\n')) as ColumnWriter;
}

/** The reader of a type's column. */
export function generateColumnReader(type: TypeNode): ColumnReader {
  if (!isColumnar(type) || !isObjectType(type)) return interpretingReader(type);
  const { parts, columns, record } = readingText(type);
  const body = `if (n === 0) return;\n${columns}\nfor (let i = 0; i < n; i++) { ${record((made) => `out[at + i] = ${made};`)} }`;
  return generateFunction(['r', 'n', 'out', 'at'], parts, body) as ColumnReader;
}

/** What opens a type's column, where its values are made of columns; otherwise undefined. */
export function generateColumnOpener(type: TypeNode): ColumnOpener | undefined {
  if (!isColumnar(type) || !isObjectType(type)) return undefined;
  const shape = shapeOf(type);
  if (shape !== undefined) return (reader, count, batch) => openNumbers(reader, count, batch.holdNumbers(shape));
  const { parts, columns, record } = readingText(type);
  const body = `if (n === 0) return () => undefined;\n${columns}\nreturn (i) => { ${record((made) => `return ${made};`)} };`;
  return generateFunction(['r', 'n'], parts, body) as ColumnOpener;
}

/** Records of numbers are read by the same function wherever they have come from, within the thread or from another: a loop that meets one only has it inside. */
function openNumbers(reader: ByteReader, count: number, numbers: NumberColumns): RecordRead {
  numbers.fill(count, reader);
  return numbers.read;
}

/** The shape of a struct of numbers; undefined for all other types. */
export function shapeOf(type: TypeNode): NumberShape | undefined {
  return type.kind === 'struct' && type.fields.every((field) => isNumber(field.type)) ? numberShape(type.fields.map(({ name }) => name)) : undefined;
}

/** How a generated function reads the columns of the fields, and makes the record `i` of them. */
interface ReadingText {
  readonly parts: Record<string, unknown>;
  /** Statements that read the columns into local variables. */
  readonly columns: string;
  /** Statements that make a record and do with its expression what is given. */
  readonly record: (use: (made: string) => string) => string;
}

function readingText(type: StructType | ClassType): ReadingText {
  const parts: Record<string, unknown> = { ...READING, prototype: prototypeOf(type) };
  const columns: string[] = [];
  const values: string[] = [];
  const absent: string[] = [];
  type.fields.forEach((field, at) => {
    const column = readField(field, at, parts);
    columns.push(column.declaration);
    values.push(column.value);
    if (presenceOf(field.type).allowsAbsent) absent.push(`x${at} === ABSENT_VALUE`);
  });
  const isInstance = type.kind === 'class' && type.prototype !== undefined;
  const locals = values.map((value, at) => `const x${at} = ${value};`).join(' ');
  const piecemeal = type.fields.map((field, at) => `if (x${at} !== ABSENT_VALUE) setField(o, ${JSON.stringify(field.name)}, x${at});`).join(' ');
  const literal = (of: (at: number) => string): string => `{ ${type.fields.map((field, at) => literalProperty(field.name, of(at))).join(', ')} }`;
  const record = (use: (made: string) => string): string => {
    if (isInstance) return `${locals} const o = create(prototype); ${piecemeal} ${use('o')}`;
    if (absent.length === 0) return use(literal((at) => values[at]!));
    return `${locals} if (${absent.join(' || ')}) { const o = {}; ${piecemeal} ${use('o')} } else { ${use(literal((at) => `x${at}`))} }`;
  };
  return { parts, columns: columns.join('\n'), record };
}

const WRITING = { MISFIT, presenceCode, writeMask, writeStrings, writeNarrow, hasOwn: Object.hasOwn, getPrototypeOf: Object.getPrototypeOf };
const READING = { ABSENT_VALUE, readNumbers, readStrings, readBits, readOptional, setField, create: Object.create };

/** So many columns of numbers are written in one pass: their places lie a column apart, and the nearest cache holds few of those. */
const MAX_NUMBERS_IN_A_PASS = 8;

/** Where the fields behind number `at` are no numbers any more, or too many. */
function endOfNumbers(fields: readonly FieldType[], at: number): number {
  let end = at;
  while (end < fields.length && end - at < MAX_NUMBERS_IN_A_PASS && isNumber((fields[end] as FieldType).type)) end++;
  return end;
}

function isNumber({ kind }: TypeNode): boolean {
  return kind === 'number' || kind === 'timestamp';
}

/** Writes the columns of fields that are numbers; `check` stands before what is read of a record. */
function writeNumberFields(fields: readonly FieldType[], check: string, prototype: object): string {
  const each = fields.map(({ name }, at) => `x = ${fieldExpression('v', name, prototype)}; if (typeof x !== 'number') throw MISFIT; m.setFloat64(p + ${at} * size, x, true);`);
  return `const size = 8 * n, m = w.room(${fields.length} * size); let p = w.length;
    for (let i = from; i < to; i++) { const v = values[i]; let x; ${check} ${each.join(' ')} p += 8; }
    w.length = p + ${fields.length - 1} * size;`;
}

function hasFields({ fields }: StructType, names: readonly string[]): boolean {
  return fields.length === names.length && fields.every(({ name }, at) => name === names[at]);
}

/** Statements for each record `v`: it has the declared fields in the declared order, and no others. */
function fieldCheck(type: StructType | ClassType): string {
  const count = type.fields.length;
  // An instance may inherit enumerable fields, which are not its own.
  const own = type.kind === 'class' ? 'if (!hasOwn(v, name)) continue;' : '';
  // Once a field was read the compiler knows the record's shape, and the prototype costs nothing: 13 ns less per record.
  const first = type.fields[0] as FieldType;
  const known = `${fieldExpression('v', first.name, prototypeOf(type))} === MISFIT`;
  const skip = type.fields.some((field) => presenceOf(field.type).allowsAbsent) ? `while (k < ${count} && name !== names[k] && optional[k]) k++;` : '';
  return `if (typeof v !== 'object' || v === null || ${known} || getPrototypeOf(v) !== prototype) throw MISFIT;
    let k = 0;
    for (const name in v) { ${own} ${skip} if (name !== names[k]) throw MISFIT; k++; }
    for (; k < ${count}; k++) if (!optional[k]) throw MISFIT;`;
}

function writeField(field: FieldType, at: number, prototype: object, parts: Record<string, unknown>): string {
  const presence = presenceOf(field.type);
  const value = fieldExpression('v', field.name, prototype);
  if (!presence.isWrapped && presence.solid.kind === 'string') return writeStringField(value);
  const write = `write${at}`;
  parts[write] = presence.solid.kind === 'string' ? writeStrings : generateColumnWriter(presence.solid);
  if (!presence.isWrapped) {
    return `const a = []; for (let i = from; i < to; i++) { const v = values[i]; a.push(${value}); } ${write}(a, 0, n, w);`;
  }
  parts[`presence${at}`] = presence;
  return `const a = []; let mask;
    for (let i = from; i < to; i++) {
      const v = values[i], x = ${value};
      if (x === undefined || x === null) {
        const code = presenceCode(presence${at}, x, hasOwn(v, ${JSON.stringify(field.name)}));
        if (code !== ${PRESENT}) { if (mask === undefined) mask = new Uint8Array(n); mask[i - from] = code; continue; }
      }
      a.push(x);
    }
    writeMask(mask, w);
    if (a.length > 0) ${write}(a, 0, a.length, w);`;
}

/** Lengths and text in one pass over the records, piece by piece, as long as no string is longer than a byte can say, nor wide. */
function writeStringField(value: string): string {
  return `const header = w.length; let m = w.room(1 + n), p = header, text = '', bits = 0, i = from;
    m.setUint8(p++, 0); w.length = p + n;
    while (i < to) {
      const end = to - i > ${STRINGS_AT_ONCE} ? i + ${STRINGS_AT_ONCE} : to;
      for (; i < end; i++) {
        const v = values[i], x = ${value};
        if (typeof x !== 'string') throw MISFIT;
        const length = x.length; text += x; bits |= length; m.setUint8(p++, length);
      }
      if (bits > 255) break;
      if (i < to && text.length < ${PIECE_UNITS}) continue;
      if (!writeNarrow(text, w)) { bits = 256; break; }
      text = ''; m = w.room(0);
    }
    if (bits > 255) { w.truncate(header); const a = []; for (let i = from; i < to; i++) { const v = values[i]; a.push(${value}); } writeStrings(a, 0, n, w); }`;
}

interface ReadField {
  /** Reads the column into local variables. */
  readonly declaration: string;
  /** The expression of its value number `i`. */
  readonly value: string;
}

function readField(field: FieldType, at: number, parts: Record<string, unknown>): ReadField {
  const presence = presenceOf(field.type);
  const read = `read${at}`;
  if (presence.isWrapped) {
    parts[read] = generateColumnReader(presence.solid);
    parts[`presence${at}`] = presence;
    return { declaration: `const c${at} = readOptional(r, n, presence${at}, ${read});`, value: `c${at}[i]` };
  }
  switch (presence.solid.kind) {
    case 'number':
    case 'timestamp':
      return { declaration: `const c${at} = readNumbers(n, r);`, value: `c${at}.getFloat64(i * 8, true)` };
    case 'string':
      return {
        declaration: `const { texts: s${at}, lengths: l${at} } = readStrings(n, r); let t${at} = '', q${at} = 0, k${at} = 0;`,
        value: `(q${at} === t${at}.length && (t${at} = s${at}[k${at}++] ?? '', q${at} = 0), t${at}.substring(q${at}, q${at} += l${at}[i]))`,
      };
    case 'boolean':
      return { declaration: `const c${at} = readBits(n, r);`, value: `((c${at}[i >> 3] >> (i & 7)) & 1) === 1` };
    default:
      parts[read] = generateColumnReader(presence.solid);
      return { declaration: `const c${at} = []; ${read}(r, n, c${at}, 0);`, value: `c${at}[i]` };
  }
}

function readOptional(reader: ByteReader, count: number, presence: Presence, read: ColumnReader): unknown[] {
  const mask = readMask(count, reader);
  const present: unknown[] = [];
  read(reader, mask === undefined ? count : presentIn(mask), present, 0);
  return mask === undefined ? present : spread(presence, mask, present);
}

function interpretingReader(type: TypeNode): ColumnReader {
  return (reader, count, out, at) => {
    const values = readColumn(type, count, reader);
    for (let i = 0; i < count; i++) out[at + i] = values[i];
  };
}
