import type { DecodeContext } from '@millrace/core/spi';
import { LatestCheck, oncePerSchema, type RegisteredSchema, type RegistryFormatOptions, type SchemaRegistry, WriterSchemas } from '@millrace/schema-registry';
import { checkNoConflict } from './conflict.js';
import { dereferenced } from './dereference.js';
import { WriterSchemaNotJson } from './errors.js';
import { type CheckSettings, compileCheck, type NamedSchema, type OwnSchema, type SchemaCheck } from './schema-check.js';
import { schemaDocument, titleOf } from './schema-document.js';

/** What decoders of a format check documents with: its own schema, or the one that each was written with. */
export class ReadSchemas {
  /** The format's own; undefined where it has none. */
  readonly own: SchemaCheck | undefined;
  readonly #registry: SchemaRegistry | undefined;
  readonly #checkOf: (schema: RegisteredSchema, registry: SchemaRegistry) => Promise<SchemaCheck>;
  readonly #latest: LatestCheck | undefined;

  constructor(own: OwnSchema | undefined, settings: CheckSettings, options: RegistryFormatOptions) {
    const { registry } = options;
    this.own = own === undefined ? undefined : compileCheck(own.document, own.references, settings);
    this.#registry = registry;
    this.#checkOf = oncePerSchema(async (schema, from) => {
      refuseOthers(schema);
      return this.own ?? compileCheck(schemaDocument(schema.schema), await referencesOf(schema, from), settings);
    });
    this.#latest = registry === undefined || own === undefined ? undefined : new LatestCheck({ ...options, registry }, titleOf(own.document), async (newest) => {
      refuseOthers(newest);
      checkNoConflict(dereferenced(schemaDocument(newest.schema), await referencesOf(newest, registry)), dereferenced(own.document, own.references), settings);
    });
  }

  /** `Decoder.start`: whether documents of the newest schema can be read with the format's own. */
  start(context: DecodeContext): Promise<void> | undefined {
    return this.#latest?.start(context);
  }

  /** What one decoder knows of the schemas in the registry; undefined without one. */
  ofWriters(): WriterSchemas<SchemaCheck> | undefined {
    const registry = this.#registry;
    return registry === undefined ? undefined : new WriterSchemas(registry, this.#checkOf);
  }
}

function refuseOthers({ id, type }: RegisteredSchema): void {
  if (type !== 'JSON') throw WriterSchemaNotJson.error({ what: `the schema ${id} of the record is one of ${type}` });
}

async function referencesOf(schema: RegisteredSchema, registry: SchemaRegistry): Promise<readonly NamedSchema[]> {
  const found = await registry.resolveReferences(schema);
  return [...found].map(([name, version]) => ({ name, schema: schemaDocument(version.schema) }));
}
