import { type DecodeContext, MillraceError } from '@millrace/core/spi';
import { isFaultOfRegistry, LatestUnreadable, RegistryOptionInvalid, SubjectUnknown } from './errors.js';
import type { RegisteredSchema, SchemaRegistry } from './schema-registry.js';
import type { RegistryFormatOptions } from './registered-schemas.js';
import { subjectOf } from './subjects.js';

/**
 * The check of a format's sources when they start: that the newest schema of their subject can be read. One per format:
 * splits that start at the same time ask the registry once.
 */
export class LatestCheck {
  readonly #options: RegistryFormatOptions & { readonly registry: SchemaRegistry };
  readonly #recordName: string | undefined;
  readonly #read: (schema: RegisteredSchema, registry: SchemaRegistry) => unknown;
  readonly #underWay: Map<string, Promise<void>>;

  /** `read` throws, or rejects, where records of the schema cannot be read. */
  constructor(options: RegistryFormatOptions & { readonly registry: SchemaRegistry }, recordName: string | undefined, read: (schema: RegisteredSchema, registry: SchemaRegistry) => unknown) {
    this.#options = options;
    this.#recordName = recordName;
    this.#read = read;
    this.#underWay = new Map();
  }

  /** `Decoder.start` of a format with a registry. Rejects with `MR-4212`. A subject without a version is fine: nothing is written yet. */
  start(context: DecodeContext): Promise<void> | undefined {
    const subject = this.#options.checkLatest === false ? undefined : this.#subject(context);
    if (subject === undefined) return undefined;
    let asked = this.#underWay.get(subject);
    if (asked === undefined) {
      asked = this.#check(subject).finally(() => this.#underWay.delete(subject));
      this.#underWay.set(subject, asked);
    }
    return asked;
  }

  /** Undefined where there is no name for it: formats that only read need none. */
  #subject({ topic, isKey = false }: DecodeContext): string | undefined {
    try {
      return subjectOf(this.#options.subject, { topic, isKey, recordName: this.#recordName });
    } catch (error) {
      if (RegistryOptionInvalid.is(error)) return undefined;
      throw error;
    }
  }

  async #check(subject: string): Promise<void> {
    const { registry } = this.#options;
    const latest = await registry.latest(subject).catch((error: unknown) => {
      if (SubjectUnknown.is(error)) return undefined;
      throw error;
    });
    if (latest === undefined) return;
    try {
      await this.#read(latest, registry);
    } catch (error) {
      if (isFaultOfRegistry(error)) throw error;
      const why = error instanceof MillraceError ? `${error.code} ${error.what}` : String((error as Error).message);
      throw LatestUnreadable.error({ what: `version ${latest.version} of ${subject}, with the id ${latest.id}: ${why}`, cause: error });
    }
  }
}
