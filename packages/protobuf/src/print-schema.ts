import protobuf from 'protobufjs';
import { ProtobufSchemaInvalid } from './errors.js';

/**
 * The text of a .proto file with a message and all that it refers to, for a schema that came without its text. Throws `MR-4241`
 * where one file cannot say it: types of several packages, or of several syntaxes.
 */
export function printSchema(type: protobuf.Type): string {
  const tops = reachable(topOf(type));
  const packageName = topOf(type).parent!.fullName.replace(/^\./, '');
  const other = tops.find((one) => one.parent!.fullName.replace(/^\./, '') !== packageName);
  if (other !== undefined) throw unprintable(type, `${plain(other)} is of another package than it`);
  const syntax = syntaxOf(type, tops);
  const imports = new Set<string>();
  const printer = new Printer(syntax, imports);
  const bodies = tops.map((one) => printer.any(one, ''));
  const head = [`syntax = "${syntax}";`, ...(packageName === '' ? [] : [`package ${packageName};`]), ...[...imports].sort().map((name) => `import "${name}";`)];
  return `${[...head, ...bodies].join('\n')}\n`;
}

type Described = protobuf.Enum | protobuf.Type;
type Syntax = 'proto2' | 'proto3';

/** The types of a file, which have others inside, that a type needs. Google's own are imported. */
function reachable(first: Described): readonly Described[] {
  const found = new Set<Described>();
  const visit = (one: Described): void => {
    if (importOf(one) !== undefined || found.has(one)) return;
    found.add(one);
    for (const inner of messagesIn(one)) {
      for (const field of ownFields(inner)) {
        const { resolvedType } = field.resolve();
        if (resolvedType !== null) visit(topOf(resolvedType as Described));
      }
    }
  };
  visit(first);
  return [...found];
}

function messagesIn(one: protobuf.ReflectionObject): readonly protobuf.Type[] {
  return one instanceof protobuf.Type ? [one, ...one.nestedArray.flatMap(messagesIn)] : [];
}

/** Without extensions, which are declared elsewhere. */
function ownFields(type: protobuf.Type): readonly protobuf.Field[] {
  return type.fieldsArray.filter(({ declaringField }) => declaringField === null);
}

function topOf(type: Described): Described {
  return type.parent instanceof protobuf.Type ? topOf(type.parent) : type;
}

/** The file of Google's that has a type; undefined for others. */
function importOf(type: Described): string | undefined {
  const match = /^\.google\.protobuf\.(\w+)$/.exec(type.fullName);
  if (match === null) return undefined;
  return KNOWN_FILES.find((file) => protobuf.common.get(file)?.nested?.['google'] !== undefined && JSON.stringify(protobuf.common.get(file)).includes(`"${match[1]!}":{`));
}

const KNOWN_FILES = ['any', 'duration', 'empty', 'field_mask', 'struct', 'timestamp', 'wrappers'].map((name) => `google/protobuf/${name}.proto`);

function syntaxOf(type: protobuf.Type, tops: readonly Described[]): Syntax {
  const fields = tops.flatMap(messagesIn).flatMap((message) => ownFields(message).map((field) => field.resolve()));
  const isOld = fields.some((field) => field.required || field.delimited || field.options?.['default'] !== undefined || (isEnum(field) && isClosed(field.resolvedType as protobuf.Enum)));
  const implicit = fields.find((field) => !field.repeated && !field.map && !field.hasPresence && !(field.resolvedType instanceof protobuf.Type));
  if (isOld && implicit !== undefined) throw unprintable(type, `${plain(implicit)} has no presence, as in proto3, and other fields are those of proto2`);
  return isOld ? 'proto2' : 'proto3';
}

const isEnum = ({ resolvedType }: protobuf.Field): boolean => resolvedType instanceof protobuf.Enum;

function isClosed(type: protobuf.Enum): boolean {
  return (type as unknown as { readonly _features: { readonly enum_type?: string } })._features.enum_type === 'CLOSED';
}

class Printer {
  readonly #syntax: Syntax;
  readonly #imports: Set<string>;

  constructor(syntax: Syntax, imports: Set<string>) {
    this.#syntax = syntax;
    this.#imports = imports;
  }

  any(one: protobuf.ReflectionObject, indent: string): string {
    if (one instanceof protobuf.Type) return this.#message(one, indent);
    return one instanceof protobuf.Enum ? this.#enum(one, indent) : '';
  }

  #message(type: protobuf.Type, indent: string): string {
    const inner = `${indent}  `;
    const groups = new Set(ownFields(type).filter(({ delimited }) => delimited).map(({ resolvedType }) => resolvedType));
    const nested = type.nestedArray.filter((one) => !groups.has(one as protobuf.Type)).map((one) => this.any(one, inner)).filter((text) => text !== '');
    const fields = ownFields(type).map((field) => {
      const { partOf } = field;
      if (partOf === null || partOf.isProto3Optional) return `${inner}${this.#field(field, this.#label(field), inner)}`;
      // A oneof stands where its first field does.
      return partOf.fieldsArray[0] === field ? this.#oneof(partOf, inner) : '';
    });
    return `${indent}message ${type.name} {\n${[...nested, ...fields].filter((line) => line !== '').join('\n')}\n${indent}}`;
  }

  #oneof({ name, fieldsArray }: protobuf.OneOf, indent: string): string {
    return `${indent}oneof ${name} {\n${fieldsArray.map((field) => `${indent}  ${this.#field(field.resolve(), '', indent)}`).join('\n')}\n${indent}}`;
  }

  #enum({ name, values, options }: protobuf.Enum, indent: string): string {
    const alias = options?.['allow_alias'] === true ? [`${indent}  option allow_alias = true;`] : [];
    return `${indent}enum ${name} {\n${[...alias, ...Object.entries(values).map(([one, number]) => `${indent}  ${one} = ${number};`)].join('\n')}\n${indent}}`;
  }

  #label(field: protobuf.Field): string {
    if (field.map) return '';
    if (field.repeated) return 'repeated ';
    if (field.required) return 'required ';
    if (this.#syntax === 'proto2') return 'optional ';
    return field.hasPresence && !(field.resolvedType instanceof protobuf.Type) ? 'optional ' : '';
  }

  #field(field: protobuf.Field, label: string, indent: string): string {
    const options = this.#options(field);
    const shown = options.length === 0 ? '' : ` [${options.join(', ')}]`;
    if (field.delimited) {
      const body = this.#message(field.resolvedType as protobuf.Type, indent);
      return `${label}group ${field.resolvedType!.name} = ${field.id}${shown} ${body.slice(body.indexOf('{'))}`;
    }
    const type = this.#typeOf(field);
    const whole = field instanceof protobuf.MapField ? `map<${(field as protobuf.MapField).keyType}, ${type}>` : type;
    return `${label}${whole} ${field.protoName} = ${field.id}${shown};`;
  }

  #typeOf({ resolvedType, type }: protobuf.Field): string {
    if (resolvedType === null) return type;
    const file = importOf(topOf(resolvedType as Described));
    if (file !== undefined) this.#imports.add(file);
    return resolvedType.fullName;
  }

  #options(field: protobuf.Field): readonly string[] {
    const given: unknown = field.options?.['default'];
    const jstype: unknown = field.options?.['jstype'];
    const isPackable = field.repeated && !field.map && !(field.resolvedType instanceof protobuf.Type) && field.type !== 'string' && field.type !== 'bytes';
    return [
      ...(isPackable ? [`packed = ${String(field.packed)}`] : []),
      ...(given === undefined ? [] : [`default = ${typeof given === 'string' && !isEnum(field) ? JSON.stringify(given) : String(given)}`.replace('Infinity', 'inf').replace('NaN', 'nan')]),
      ...(jstype === undefined ? [] : [`jstype = ${String(jstype)}`]),
      ...(field.jsonName === protobuf.util.jsonName(field.protoName ?? field.name) ? [] : [`json_name = ${JSON.stringify(field.jsonName)}`]),
    ];
  }
}

const plain = ({ fullName }: protobuf.ReflectionObject): string => fullName.replace(/^\./, '');

function unprintable(type: protobuf.Type, why: string): Error {
  return ProtobufSchemaInvalid.error({ what: `the schema of ${plain(type)} cannot be registered without its text: ${why}`, remedy: 'Give a sink with a registry the .proto file or its text.' });
}
