/**
 * Declared types, value by value, by functions generated per type: same bytes as `interpreted.ts`, several times as fast, because
 * each place reads one shape and makes objects from one literal.
 */
import type { ByteReader, ByteWriter } from '../../base/bytes.js';
import type { ClassType, StructType, TypeNode } from '../types/type-info.js';
import { fieldExpression, generateFunction, literalProperty, MAX_GENERATED_FIELDS } from './code-generation.js';
import { writeDynamic } from './dynamic-value.js';
import { ABSENT_VALUE, missingValue, presenceCode, readBoolean, readTyped, writeTyped } from './interpreted.js';
import { MISFIT } from './misfit.js';
import { ABSENT, PRESENT, presenceOf } from './presence.js';
import { readCount, setField } from './primitives.js';
import { SHORTEST_BLOCK_TEXT, type TextBlock } from './text-block.js';

/** Writes a value of one type; throws the misfit when it is none. Texts that were noted in `texts` come from there. */
export type TypedWriter = (value: unknown, writer: ByteWriter, texts: TextBlock | null) => void;

/** Reads a value of one type. */
export type TypedReader = (reader: ByteReader) => unknown;

/** The writer of a type: generated for structs, classes, lists of them and tuples of plain parts, a function for numbers and texts, which most keys are, interpreted for the rest. */
export function generateWriter(type: TypeNode): TypedWriter {
  if (type.kind === 'list' && isObjectType(type.element)) return listWriter(generateWriter(type.element));
  if (type.kind === 'tuple' && type.elements.length > 0 && type.elements.every(isPlainPart)) return tupleWriter(type.elements);
  if (type.kind === 'number' || type.kind === 'timestamp') return writeNumber;
  if (type.kind === 'string') return writeString;
  if (!isObjectType(type)) return (value, writer) => writeTyped(type, value, writer);
  const builder = new Builder();
  const body: string[] = [`if (typeof v !== 'object' || v === null) throw MISFIT;`, `let there = 0, x, code;`];
  for (const field of type.fields) {
    const presence = presenceOf(field.type);
    body.push(`x = ${fieldExpression('v', field.name, prototypeOf(type))};`);
    // Asked once a field was read: then V8 knows the shape, and with it the prototype, without a call.
    if (field === type.fields[0]) body.push(`if (getPrototypeOf(v) !== prototype) throw MISFIT;`);
    if (presence.isWrapped) {
      body.push(`code = x === undefined || x === null ? presenceCode(${builder.part(presence)}, x, hasOwn(v, ${JSON.stringify(field.name)})) : 0;`);
      body.push(`w.u8(code); if (code !== ${ABSENT}) there++; if (code === ${PRESENT}) { ${writeStatement(presence.solid, builder)} }`);
    } else if (presence.solid.kind === 'dynamic') {
      body.push(`if (x === undefined && !hasOwn(v, ${JSON.stringify(field.name)})) throw MISFIT; there++; ${writeStatement(presence.solid, builder)}`);
    } else {
      body.push(`there++; ${writeStatement(presence.solid, builder)}`);
    }
  }
  body.push(`let all = 0;`, `for (const name in v) all++;`, `if (all !== there) { for (const name in v) if (hasOwn(v, name)) there--; if (there !== 0) throw MISFIT; }`);
  return generateFunction(['v', 'w', 'b'], { ...builder.parts, ...RUNTIME, prototype: prototypeOf(type) }, body.join('\n')) as TypedWriter;
}

/** The reader of a type. */
export function generateReader(type: TypeNode): TypedReader {
  if (type.kind === 'list' && isObjectType(type.element)) return listReader(generateReader(type.element));
  if (!isObjectType(type)) return (reader) => readTyped(type, reader);
  const builder = new Builder();
  const body: string[] = [];
  const optional: string[] = [];
  type.fields.forEach((field, at) => {
    const presence = presenceOf(field.type);
    if (!presence.isWrapped) {
      body.push(`const x${at} = ${readExpression(presence.solid, builder)};`);
      return;
    }
    body.push(`const c${at} = r.u8();`);
    body.push(`const x${at} = c${at} === ${PRESENT} ? ${readExpression(presence.solid, builder)} : missingValue(${builder.part(presence)}, c${at});`);
    if (presence.allowsAbsent) optional.push(`c${at} !== ${ABSENT}`);
  });
  const assignments = type.fields.map((field, at) => `if (x${at} !== ABSENT_VALUE) setField(o, ${JSON.stringify(field.name)}, x${at});`).join('\n');
  if (type.kind === 'class' && type.prototype !== undefined) {
    body.push(`const o = create(prototype);`, assignments, `return o;`);
  } else {
    const literal = `{ ${type.fields.map((field, at) => literalProperty(field.name, `x${at}`)).join(', ')} }`;
    if (optional.length > 0) body.push(`if (!(${optional.join(' && ')})) { const o = {};`, assignments, `return o; }`);
    body.push(`return ${literal};`);
  }
  return generateFunction(['r'], { ...builder.parts, ...RUNTIME, prototype: prototypeOf(type) }, body.join('\n')) as TypedReader;
}

/** Parts of a tuple that are there or make it a misfit. */
function isPlainPart({ kind }: TypeNode): boolean {
  return kind === 'string' || kind === 'number' || kind === 'timestamp' || kind === 'boolean' || kind === 'dynamic';
}

/** Structs and classes that are worth a function of their own. */
export function isObjectType(type: TypeNode): type is StructType | ClassType {
  return (type.kind === 'struct' || type.kind === 'class') && type.fields.length > 0 && type.fields.length <= MAX_GENERATED_FIELDS;
}

/** The prototype of a type's values. */
export function prototypeOf(type: StructType | ClassType): object {
  return type.kind === 'class' && type.prototype !== undefined ? type.prototype : Object.prototype;
}

const RUNTIME = {
  MISFIT,
  ABSENT_VALUE,
  presenceCode,
  missingValue,
  setField,
  readBoolean,
  writeDynamic,
  hasOwn: Object.hasOwn,
  create: Object.create,
  getPrototypeOf: Object.getPrototypeOf,
};

/** Collects what the generated text refers to. */
class Builder {
  readonly parts: Record<string, unknown> = {};
  #count = 0;

  part(value: unknown): string {
    const name = `p${this.#count++}`;
    this.parts[name] = value;
    return name;
  }
}

function writeStatement(type: TypeNode, builder: Builder): string {
  switch (type.kind) {
    case 'string':
      return `if (typeof x !== 'string') throw MISFIT; if (b === null || x.length < ${SHORTEST_BLOCK_TEXT} || !b.write(x, w)) w.string(x);`;
    case 'number':
    case 'timestamp':
      return `if (typeof x !== 'number') throw MISFIT; w.f64(x);`;
    case 'boolean':
      return `if (typeof x !== 'boolean') throw MISFIT; w.u8(x ? 1 : 0);`;
    case 'dynamic':
      return 'writeDynamic(x, w, 0);';
    default:
      return `${builder.part(generateWriter(type))}(x, w, b);`;
  }
}

function readExpression(type: TypeNode, builder: Builder): string {
  switch (type.kind) {
    case 'string':
      return 'r.string()';
    case 'number':
    case 'timestamp':
      return 'r.f64()';
    case 'boolean':
      return 'readBoolean(r)';
    default:
      return `${builder.part(generateReader(type))}(r)`;
  }
}

function writeNumber(value: unknown, writer: ByteWriter): void {
  if (typeof value !== 'number') throw MISFIT;
  writer.f64(value);
}

function writeString(value: unknown, writer: ByteWriter): void {
  if (typeof value !== 'string') throw MISFIT;
  writer.string(value);
}

function listWriter(element: TypedWriter): TypedWriter {
  return (value, writer, texts) => {
    if (!Array.isArray(value)) throw MISFIT;
    writer.varint53(value.length);
    for (let at = 0; at < value.length; at++) element(value[at], writer, texts);
  };
}

function tupleWriter(elements: readonly TypeNode[]): TypedWriter {
  const builder = new Builder();
  // A hole reads as undefined, which is a dynamic value, too, and none of the others.
  const parts = elements.map((element, at) => `x = v[${at}];${element.kind === 'dynamic' ? ` if (x === undefined && !(${at} in v)) throw MISFIT;` : ''} ${writeStatement(element, builder)}`);
  const body = [`if (!Array.isArray(v) || v.length !== ${elements.length}) throw MISFIT;`, 'let x;', ...parts];
  return generateFunction(['v', 'w', 'b'], { ...builder.parts, ...RUNTIME }, body.join('\n')) as TypedWriter;
}

function listReader(element: TypedReader): TypedReader {
  return (reader) => {
    const count = readCount(reader);
    const array: unknown[] = [];
    for (let at = 0; at < count; at++) array.push(element(reader));
    return array;
  };
}
