import { type RegisteredSchema, type RegistryFormatOptions, type SchemaRegistry, WriterSchemas } from '@millrace/schema-registry';
import { WriterSchemaNotJson } from './errors.js';
import { type CheckSettings, compileCheck, type NamedSchema, type OwnSchema, type SchemaCheck } from './schema-check.js';
import { schemaDocument } from './schema-document.js';

/** What decoders of a format check documents with: its own schema, or the one that each was written with. */
export class ReadSchemas {
  /** The format's own; undefined where it has none. */
  readonly own: SchemaCheck | undefined;
  readonly #registry: SchemaRegistry | undefined;
  readonly #settings: CheckSettings;

  constructor(own: OwnSchema | undefined, settings: CheckSettings, { registry }: RegistryFormatOptions) {
    this.own = own === undefined ? undefined : compileCheck(own.document, own.references, settings);
    this.#registry = registry;
    this.#settings = settings;
  }

  /** What one decoder knows of the schemas in the registry; undefined without one. */
  ofWriters(): WriterSchemas<SchemaCheck> | undefined {
    const registry = this.#registry;
    return registry === undefined ? undefined : new WriterSchemas(registry, (schema) => this.#checkOf(schema, registry));
  }

  async #checkOf(schema: RegisteredSchema, registry: SchemaRegistry): Promise<SchemaCheck> {
    if (schema.type !== 'JSON') throw WriterSchemaNotJson.error({ what: `the schema ${schema.id} of the record is one of ${schema.type}` });
    return this.own ?? compileCheck(schemaDocument(schema.schema), await referencesOf(schema, registry), this.#settings);
  }
}

async function referencesOf(schema: RegisteredSchema, registry: SchemaRegistry): Promise<readonly NamedSchema[]> {
  const found = await registry.resolveReferences(schema);
  return [...found].map(([name, version]) => ({ name, schema: schemaDocument(version.schema) }));
}
