import type { ByteSink, EncoderContext, MillraceError } from '@millrace/core/spi';
import { ConnectorCannotWait, isFaultOfRegistry, SchemaRefused, SchemaUnknown, SubjectUnknown } from './errors.js';
import type { RegisteredSchema, SchemaRegistry, SchemaText } from './schema-registry.js';
import { remembered } from './remembered.js';
import { registeredReferences, type SchemaDefinition } from './references.js';
import { subjectOf, type SubjectStrategy } from './subjects.js';
import { schemaIdAt, wireHeader } from './wire-format.js';

/** How a format uses a registry. */
export interface RegistryFormatOptions {
  readonly registry?: SchemaRegistry;
  /** The subject of written schemas: a name, or a strategy; the topic and `-value` unless given. */
  readonly subject?: SubjectStrategy;
  /** Whether a sink registers its schema when it starts; true unless given. False: the registry must have it. */
  readonly autoRegister?: boolean;
  /**
   * Whether a source checks when it starts that the newest schema of its subject can be read; true unless given. It is not
   * asked where records that cannot be decoded are passed over, nor where the subject has no name for lack of a topic.
   */
  readonly checkLatest?: boolean;
}

/** How many schemas a decoder knows; more are asked for again. */
const MOST_KNOWN = 1000;
/** An id that the registry did not know is asked for again after so long: another node of it may have registered it just before. */
const UNKNOWN_MS = 10_000;

/**
 * What a decoder knows of the schemas that records were written with: fetched once per id, and made into a reader of
 * records. A schema that does not fit is remembered too, and for a while an id that the registry does not know: they are the
 * fault of the records that name it, which the source may pass over. That the registry is not reached is not.
 */
export class WriterSchemas<R> {
  readonly #registry: SchemaRegistry;
  readonly #make: (schema: RegisteredSchema, registry: SchemaRegistry) => Promise<R> | R;
  readonly #known: Map<number, { readonly reader: R } | { readonly error: unknown; readonly until: number }>;
  readonly #asked: Map<number, Promise<void>>;
  #lastId: number;
  #last: R | undefined;

  constructor(registry: SchemaRegistry, make: (schema: RegisteredSchema, registry: SchemaRegistry) => Promise<R> | R) {
    this.#registry = registry;
    this.#make = make;
    this.#known = new Map();
    this.#asked = new Map();
    this.#lastId = -1;
    this.#last = undefined;
  }

  /** `Decoder.prepare` of a format with a registry. */
  prepare(bytes: Uint8Array, from: number, to: number): Promise<void> | undefined {
    // What is no wire format is for decode to refuse.
    if (to - from < 5 || bytes[from] !== 0) return undefined;
    const id = schemaIdAt(bytes, from, to);
    if (id === this.#lastId) return undefined;
    const known = this.#known.get(id);
    if (known !== undefined && ('reader' in known || this.#registry.nowMs() < known.until)) return undefined;
    let asked = this.#asked.get(id);
    if (asked === undefined) {
      asked = this.#fetch(id).finally(() => this.#asked.delete(id));
      this.#asked.set(id, asked);
    }
    return asked;
  }

  /** The reader of the frame's schema. Throws what is wrong with it, `MR-4210`, or `MR-4211` where nobody called `prepare`. */
  readerOf(bytes: Uint8Array, from: number, to: number): R {
    const id = schemaIdAt(bytes, from, to);
    if (id === this.#lastId) return this.#last!;
    const known = this.#known.get(id);
    if (known === undefined) throw ConnectorCannotWait.error({ what: `the schema ${id} was not fetched before its record is decoded` });
    if ('error' in known) throw known.error;
    this.#lastId = id;
    this.#last = known.reader;
    return known.reader;
  }

  async #fetch(id: number): Promise<void> {
    try {
      const schema = await this.#registry.schemaById(id);
      this.#remember(id, { reader: await this.#make(schema, this.#registry) });
    } catch (error) {
      if (isFaultOfRegistry(error)) throw error;
      const coded = (error as MillraceError).code === undefined ? SchemaRefused.error({ what: `the schema ${id} of the registry cannot be used: ${String((error as Error).message)}`, cause: error }) : error;
      this.#remember(id, { error: coded, until: SchemaUnknown.is(error) || SubjectUnknown.is(error) ? this.#registry.nowMs() + UNKNOWN_MS : Infinity });
    }
  }

  #remember(id: number, what: { readonly reader: R } | { readonly error: unknown; readonly until: number }): void {
    this.#known.delete(id);
    if (this.#known.size >= MOST_KNOWN) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(id, what);
  }
}

/** Makes something of each schema once, for all decoders of a format: readers that are generated or compiled are costly. */
export function oncePerSchema<R>(make: (schema: RegisteredSchema, registry: SchemaRegistry) => Promise<R> | R): (schema: RegisteredSchema, registry: SchemaRegistry) => Promise<R> {
  const made = new Map<number, Promise<R>>();
  return (schema, registry) => remembered(made, schema.id, async () => make(schema, registry));
}

/** The schema that an encoder writes with: registered or looked up when the sink starts. */
export class WrittenSchema {
  readonly #options: RegistryFormatOptions & { readonly registry: SchemaRegistry };
  readonly #schema: SchemaText;
  readonly #recordName: string | undefined;
  readonly #references: readonly SchemaDefinition[];
  #header: Uint8Array | undefined;

  constructor(options: RegistryFormatOptions & { readonly registry: SchemaRegistry }, schema: SchemaText, recordName: string | undefined, references: readonly SchemaDefinition[] = []) {
    this.#options = options;
    this.#schema = schema;
    this.#recordName = recordName;
    this.#references = references;
    this.#header = undefined;
  }

  /** `Encoder.start` of a format with a registry. Rejects with `MR-4207` or `MR-4208` where the schema cannot be used. */
  async start({ topic, isKey = false }: EncoderContext): Promise<void> {
    const { registry, subject, autoRegister = true } = this.#options;
    const name = subjectOf(subject, { topic, isKey, recordName: this.#recordName });
    const references = await registeredReferences(registry, this.#schema.type, this.#references, autoRegister);
    const schema = references.length === 0 ? this.#schema : { ...this.#schema, references };
    this.#header = wireHeader(await (autoRegister ? registry.register(name, schema) : registry.lookup(name, schema)));
  }

  /** Writes what stands before every record. Throws `MR-4211` where nobody called `start`. */
  writeHeader(out: ByteSink): void {
    if (this.#header === undefined) throw ConnectorCannotWait.error({ what: 'the schema was not registered before its first record is written' });
    out.bytes(this.#header);
  }
}
