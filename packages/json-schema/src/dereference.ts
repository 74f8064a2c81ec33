import { addressOf, type NamedSchema, resolved } from './schema-check.js';
import type { JsonSchemaDocument } from './schema-document.js';

/** Deeper schemas stay as they are. */
const MOST_LEVELS = 32;
/** Keywords beside `$ref` that ask nothing of a value. */
const ANNOTATIONS: ReadonlySet<string> = new Set(['$ref', '$comment', 'title', 'description', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly']);
/** Keywords whose values are schemas by name. */
const BY_NAME: ReadonlySet<string> = new Set(['properties', 'patternProperties']);

/**
 * A schema with its references replaced by what they refer to, for looking at its shape. What refers to itself, stands
 * beside other rules, or is found by more than an address and a pointer stays a `$ref`.
 */
export function dereferenced(schema: JsonSchemaDocument, references: readonly NamedSchema[]): JsonSchemaDocument {
  return inlined(schema, { root: schema, references, above: [] }) as JsonSchemaDocument;
}

interface Place {
  /** The document that pointers begin at. */
  readonly root: JsonSchemaDocument;
  readonly references: readonly NamedSchema[];
  /** Schemas under way. */
  readonly above: readonly object[];
}

function inlined(node: unknown, place: Place): unknown {
  if (typeof node !== 'object' || node === null || place.above.length > MOST_LEVELS || place.above.includes(node)) return node;
  if (Array.isArray(node)) return node.map((one) => inlined(one, place));
  const schema = node as Readonly<Record<string, unknown>>;
  const below = { ...place, above: [...place.above, node] };
  if (typeof schema['$ref'] === 'string') {
    const target = Object.keys(schema).every((keyword) => ANNOTATIONS.has(keyword)) ? targetOf(schema['$ref'], below) : undefined;
    return target === undefined || below.above.includes(target.schema as object) ? node : inlined(target.schema, { ...below, root: target.root });
  }
  const entries = Object.entries(schema).map(([keyword, value]) => [keyword, BY_NAME.has(keyword) ? inlinedByName(value, below) : keyword === 'enum' || keyword === 'const' || keyword === 'default' ? value : inlined(value, below)]);
  return Object.fromEntries(entries) as unknown;
}

function inlinedByName(schemas: unknown, place: Place): unknown {
  if (typeof schemas !== 'object' || schemas === null) return schemas;
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, inlined(schema, place)]));
}

function targetOf(ref: string, { root, references }: Place): { readonly schema: unknown; readonly root: JsonSchemaDocument } | undefined {
  const [address = '', pointer = ''] = ref.split('#');
  const document = address === '' ? root : documentAt(address, root, references);
  if (document === undefined || (pointer !== '' && !pointer.startsWith('/'))) return undefined;
  let schema: unknown = document;
  for (const step of pointer.split('/').slice(1)) {
    const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof schema !== 'object' || schema === null || !Object.hasOwn(schema, name)) return undefined;
    schema = (schema as Record<string, unknown>)[name];
  }
  return { schema, root: document };
}

function documentAt(address: string, root: JsonSchemaDocument, references: readonly NamedSchema[]): JsonSchemaDocument | undefined {
  const base = addressOf(root);
  const seen = base === undefined ? undefined : resolved(address, base);
  const matches = ({ name, schema }: NamedSchema): boolean => name === address || addressOf(schema) === address || (seen !== undefined && addressOf(schema) === seen);
  return base === address || (seen !== undefined && base === seen) ? root : references.find(matches)?.schema;
}
