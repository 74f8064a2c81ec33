/** The kinds of schemas a registry keeps. */
export type SchemaType = 'AVRO' | 'JSON' | 'PROTOBUF';

const AVRO_TYPES: ReadonlySet<unknown> = new Set(['record', 'error', 'enum', 'fixed', 'map', 'array', 'null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']);

/**
 * The kind of a schema that a registry does not name. It names all but Avro, as Confluent's says; Apicurio before 2.1 names
 * none, so the text is looked at. What can be either, such as `{"type":"string"}`, is Avro.
 */
export function unnamedType(schema: string): SchemaType {
  let parsed: unknown;
  try {
    parsed = JSON.parse(schema);
  } catch {
    return /^\s*(?:\/[/*]|(?:syntax|edition|package|import|option|message|enum)\b)/.test(schema) ? 'PROTOBUF' : 'AVRO';
  }
  if (typeof parsed === 'boolean') return 'JSON';
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return 'AVRO';
  const { type } = parsed as { readonly type?: unknown };
  const isAvro = AVRO_TYPES.has(type) || (typeof type === 'object' && type !== null && !Array.isArray(type));
  return isAvro && !('$schema' in parsed) ? 'AVRO' : 'JSON';
}
