import type { ErrorKind } from '@millrace/core/spi';
import { RegistryOptionInvalid } from './errors.js';
import type { SchemaReference, SchemaRegistry, SchemaText } from './schema-registry.js';
import type { SchemaType } from './schema-type.js';

/** A schema that another one refers to, as a format is given it: with its text, so that it is understood before the registry is asked. */
export interface SchemaDefinition {
  /** What the other schema calls it: the full name of a type in Avro, the address in `$ref` of JSON Schema, the imported file in Protobuf. */
  readonly name: string;
  /** As text or as what that parses to. */
  readonly schema: boolean | object | string;
  /** Where a registry has it, or where a sink puts it. Needed for writing with a registry. */
  readonly subject?: string;
  /** Its version there. Left out: the version that has exactly this schema, which a sink with `autoRegister` registers first. */
  readonly version?: number;
  /** What it refers to itself. */
  readonly references?: readonly SchemaDefinition[];
}

/** All schemas that some refer to, those below included, each once, and before those that refer to it. */
export function flatReferences(references: readonly SchemaDefinition[]): readonly SchemaDefinition[] {
  const found = new Map<string, SchemaDefinition>();
  for (const reference of references) {
    for (const below of flatReferences(reference.references ?? [])) if (!found.has(below.name)) found.set(below.name, below);
    if (!found.has(reference.name)) found.set(reference.name, reference);
  }
  return [...found.values()];
}

/** The references as a registry takes them with a schema; schemas that it does not have are registered first, or refused with `MR-4207`. */
export async function registeredReferences(registry: SchemaRegistry, type: SchemaType, references: readonly SchemaDefinition[], autoRegister: boolean): Promise<readonly SchemaReference[]> {
  const made: SchemaReference[] = [];
  for (const { name, schema, subject, version, references: own = [] } of references) {
    if (subject === undefined) throw RegistryOptionInvalid.error({ what: `the reference ${JSON.stringify(name)} has no subject`, remedy: 'Say under which subject the registry has it, or is to have it.' });
    if (version !== undefined) {
      made.push({ name, subject, version });
      continue;
    }
    const text = { type, schema: typeof schema === 'string' ? schema : JSON.stringify(schema), references: await registeredReferences(registry, type, own, autoRegister) };
    if (autoRegister) await registry.register(subject, text);
    made.push({ name, subject, version: await registry.versionOf(subject, text) });
  }
  return made;
}

/** Which schema of a registry a format is made from. */
export interface OfSubject {
  readonly registry: SchemaRegistry;
  /** The subject to take the schema from; written records go under it, too. */
  readonly subject: string;
  /**
   * The version; the newest unless given. Each thread and each start of a job asks for itself: name a version where a job
   * must not change because somebody registers another one.
   */
  readonly version?: number | 'latest';
}

/** The schema of a subject with all it refers to, as a format is given them. One of another type is refused with the format's own error. */
export async function schemaOfSubject({ registry, subject, version = 'latest' }: OfSubject, type: SchemaType, otherType: ErrorKind): Promise<Pick<SchemaDefinition, 'references'> & { readonly schema: string }> {
  const found = await registry.version(subject, version);
  if (found.type !== type) throw otherType.error({ what: `version ${found.version} of ${subject} is a schema of ${found.type}` });
  return { schema: found.schema, references: await definitionsOf(registry, found) };
}

/** What a schema of the registry refers to, as a format is given it: with texts, and the versions that it names. */
async function definitionsOf(registry: SchemaRegistry, { references = [] }: SchemaText): Promise<readonly SchemaDefinition[]> {
  return Promise.all(references.map(async ({ name, subject, version }) => {
    const found = await registry.version(subject, version);
    return { name, subject, version, schema: found.schema, references: await definitionsOf(registry, found) };
  }));
}
