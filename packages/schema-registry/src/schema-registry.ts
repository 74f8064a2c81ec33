import { type Duration, nodePlatform, parseDuration, type Platform } from '@millrace/core/spi';
import { RegistryOptionInvalid, RegistryRefused, SchemaIncompatible, SchemaNotRegistered, SchemaRefused, SchemaUnknown, SubjectUnknown } from './errors.js';
import { isNotThere, type RegistryAnswer, type RegistryAuth, RegistryHttp, type RegistryProblem } from './http.js';
import { remembered } from './remembered.js';
import { type SchemaType, unnamedType } from './schema-type.js';


/** A schema that another one refers to, by a name that its text uses. */
export interface SchemaReference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

/** A schema as text, as it is registered. */
export interface SchemaText {
  readonly type: SchemaType;
  readonly schema: string;
  readonly references?: readonly SchemaReference[];
}

/** A schema as the registry has it. */
export interface RegisteredSchema extends SchemaText {
  readonly id: number;
  readonly references: readonly SchemaReference[];
}

/** A schema as a version of a subject. */
export interface SubjectVersion extends RegisteredSchema {
  readonly subject: string;
  readonly version: number;
}

/** What later versions of a subject must be compatible with, and how. */
export type CompatibilityLevel = 'BACKWARD' | 'BACKWARD_TRANSITIVE' | 'FORWARD' | 'FORWARD_TRANSITIVE' | 'FULL' | 'FULL_TRANSITIVE' | 'NONE';

/** Whether a schema fits, and why not where the registry says. */
export interface CompatibilityCheck {
  readonly compatible: boolean;
  readonly messages: readonly string[];
}

/** How {@link schemaRegistry} reaches the registry. */
export interface SchemaRegistryOptions {
  /** Addresses of the registry: one, a list, or text with commas. Others are tried where one does not answer. */
  readonly url: string | readonly string[];
  /** User and password, or a token. Secrets are best given as `secret.env('NAME')`. */
  readonly auth?: RegistryAuth;
  /** How long one attempt may take; 10 s unless given. */
  readonly timeout?: Duration;
  /** Attempts after the first one, with waits that double from 0.1 s; 5 unless given. */
  readonly retries?: number;
  /** More headers for every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Makes a client of a Confluent-compatible schema registry. It connects when it is first asked, so that a job module can
 * make one at its top level.
 *
 * @example
 * ```ts no-run needs a registry
 * import { schemaRegistry } from '@millrace/schema-registry';
 *
 * const registry = schemaRegistry({ url: 'http://localhost:8081' });
 * console.log(await registry.latest('orders-value'));
 * ```
 */
export function schemaRegistry(options: SchemaRegistryOptions): SchemaRegistry {
  return new SchemaRegistry(options, nodePlatform());
}

/**
 * A client of a Confluent-compatible schema registry. What never changes (the schema of an id, the id of a registered
 * schema) is asked for once, also by many at the same time. All methods reject with a coded error `MR-42…`.
 */
export class SchemaRegistry {
  readonly #http: RegistryHttp;
  readonly #platform: Platform;
  readonly #byId: Map<number, Promise<RegisteredSchema>>;
  readonly #ids: Map<string, Promise<number>>;

  constructor(options: SchemaRegistryOptions, platform: Platform) {
    const { url, auth, timeout = '10 s', retries = 5, headers = {} } = options;
    const urls = (typeof url === 'string' ? url.split(',') : [...(url ?? [])]).map((one) => String(one).trim().replace(/\/+$/, ''));
    const wrong = urls.find((one) => !/^https?:\/\/\S+$/.test(one));
    if (urls.length === 0 || wrong !== undefined) throw invalid(`url is ${JSON.stringify(wrong ?? url)}, and must be an http or https address`);
    if (urls.some((one) => /\/\/[^/]*@/.test(one))) throw invalid('url has a user or password in it, which would be seen in messages', 'Give them as auth: { username, password }.');
    if (!Number.isInteger(retries) || retries < 0 || retries > 100) throw invalid(`retries is ${String(retries)}, and must be a whole number from 0 to 100`);
    const timeoutMs = parseDuration(timeout, 'timeout of the schema registry');
    if (timeoutMs <= 0) throw invalid('timeout must be above 0');
    this.#platform = platform;
    this.#http = new RegistryHttp({ urls, auth, timeoutMs, retries, headers, platform });
    this.#byId = new Map();
    this.#ids = new Map();
  }

  /** Milliseconds on a clock that only goes forward, for how long an answer counts. */
  nowMs(): number {
    return this.#platform.clock.monotonicMs();
  }

  /** The schema of an id; `MR-4205` where the registry does not know it. */
  schemaById(id: number): Promise<RegisteredSchema> {
    return remembered(this.#byId, id, async () => {
      const doing = `reading the schema ${id}`;
      const answer = await this.#http.request<RawSchema>(doing, 'GET', `/schemas/ids/${id}`);
      if ('problem' in answer && isNotThere(answer.problem)) throw SchemaUnknown.error({ what: `there is no schema with the id ${id}` });
      return { ...schemaOf(valueOf(answer, doing)), id };
    });
  }

  /** Registers a schema, unless the subject has it, and gives its id. `MR-4208` where it is not compatible. */
  register(subject: string, schema: SchemaText): Promise<number> {
    return remembered(this.#ids, keyOf('register', subject, schema), async () => {
      const doing = `registering a schema under ${subject}`;
      const answer = await this.#http.request<{ id: number }>(doing, 'POST', `/subjects/${encodeURIComponent(subject)}/versions`, bodyOf(schema));
      if ('problem' in answer) throw refusedSchema(answer.problem, subject, doing);
      return answer.value.id;
    });
  }

  /** The id of a schema that the subject has; `MR-4207` where it has it not. */
  lookup(subject: string, schema: SchemaText): Promise<number> {
    return remembered(this.#ids, keyOf('lookup', subject, schema), async () => (await this.#found(subject, schema)).id);
  }

  /** The version of a schema that the subject has; `MR-4207` where it has it not. */
  versionOf(subject: string, schema: SchemaText): Promise<number> {
    return remembered(this.#ids, keyOf('version', subject, schema), async () => (await this.#found(subject, schema)).version);
  }

  async #found(subject: string, schema: SchemaText): Promise<{ readonly id: number; readonly version: number }> {
    const doing = `looking a schema up under ${subject}`;
    const answer = await this.#http.request<{ id: number; version: number }>(doing, 'POST', `/subjects/${encodeURIComponent(subject)}`, bodyOf(schema));
    if ('problem' in answer && isNotThere(answer.problem)) throw SchemaNotRegistered.error({ what: `the subject ${subject} does not have the schema` });
    if ('problem' in answer) throw refusedSchema(answer.problem, subject, doing);
    return answer.value;
  }

  /** The newest version of a subject. Never remembered. `MR-4206` where there is none. */
  latest(subject: string): Promise<SubjectVersion> {
    return this.version(subject, 'latest');
  }

  /** A version of a subject. */
  async version(subject: string, version: number | 'latest'): Promise<SubjectVersion> {
    const doing = `reading version ${version} of ${subject}`;
    const answer = await this.#http.request<RawSchema & { subject: string; version: number; id: number }>(doing, 'GET', `/subjects/${encodeURIComponent(subject)}/versions/${version}`);
    const found = ofSubject(answer, subject, doing);
    return { ...schemaOf(found), id: found.id, subject: found.subject, version: found.version };
  }

  /** The numbers of a subject's versions. */
  async versions(subject: string): Promise<readonly number[]> {
    const doing = `reading the versions of ${subject}`;
    return ofSubject(await this.#http.request<number[]>(doing, 'GET', `/subjects/${encodeURIComponent(subject)}/versions`), subject, doing);
  }

  /** The names of all subjects. */
  async subjects(): Promise<readonly string[]> {
    const doing = 'reading the subjects';
    return valueOf(await this.#http.request<string[]>(doing, 'GET', '/subjects'), doing);
  }

  /** Whether a schema could become the next version of a subject; it can where the subject has none yet. */
  async checkCompatibility(subject: string, schema: SchemaText, version: number | 'latest' = 'latest'): Promise<CompatibilityCheck> {
    const doing = `checking a schema against ${subject}`;
    const path = `/compatibility/subjects/${encodeURIComponent(subject)}/versions/${version}?verbose=true`;
    const answer = await this.#http.request<{ is_compatible: boolean; messages?: string[] }>(doing, 'POST', path, bodyOf(schema));
    if ('problem' in answer && isNotThere(answer.problem) && version === 'latest') return { compatible: true, messages: [] };
    if ('problem' in answer && answer.problem.status === 422) throw refusedSchema(answer.problem, subject, doing);
    const { is_compatible: compatible, messages } = ofSubject(answer, subject, doing);
    return { compatible, messages: messages ?? [] };
  }

  /** The level of a subject, or that of the registry where the subject has none or none is named. */
  async compatibility(subject?: string): Promise<CompatibilityLevel> {
    const doing = `reading the compatibility of ${subject ?? 'the registry'}`;
    const answer = await this.#http.request<{ compatibilityLevel: CompatibilityLevel }>(doing, 'GET', configPath(subject));
    if ('problem' in answer && isNotThere(answer.problem) && subject !== undefined) return this.compatibility();
    return valueOf(answer, doing).compatibilityLevel;
  }

  /** Sets the level of a subject, or of the registry where none is named. */
  async setCompatibility(level: CompatibilityLevel, subject?: string): Promise<void> {
    const doing = `setting the compatibility of ${subject ?? 'the registry'}`;
    valueOf(await this.#http.request<unknown>(doing, 'PUT', configPath(subject), { compatibility: level }), doing);
  }

  /**
   * The schemas that a schema refers to, and those that these refer to, by the name that is used for them: each once, and
   * before those that refer to it.
   */
  async resolveReferences({ references = [] }: SchemaText): Promise<ReadonlyMap<string, SubjectVersion>> {
    const found = new Map<string, SubjectVersion>();
    const asked = new Set<string>();
    const follow = async (ones: readonly SchemaReference[]): Promise<void> => {
      for (const { name, subject, version } of ones) {
        if (asked.has(name)) continue;
        asked.add(name);
        const schema = await this.version(subject, version);
        await follow(schema.references);
        found.set(name, schema);
      }
    };
    await follow(references);
    return found;
  }
}

interface RawSchema {
  readonly schema: string;
  readonly schemaType?: SchemaType;
  readonly references?: readonly SchemaReference[];
}

function schemaOf({ schema, schemaType, references = [] }: RawSchema): SchemaText & { readonly references: readonly SchemaReference[] } {
  return { type: schemaType ?? unnamedType(schema), schema, references };
}

/** A registry takes a schema without a type for Avro, and old ones know no other. */
function bodyOf({ type, schema, references = [] }: SchemaText): unknown {
  return { schema, ...(type === 'AVRO' ? {} : { schemaType: type }), ...(references.length === 0 ? {} : { references }) };
}

const configPath = (subject: string | undefined): string => (subject === undefined ? '/config' : `/config/${encodeURIComponent(subject)}`);

const keyOf = (what: string, subject: string, { type, schema, references = [] }: SchemaText): string => JSON.stringify([what, subject, type, schema, references]);

function valueOf<T>(answer: RegistryAnswer<T>, doing: string): T {
  if ('value' in answer) return answer.value;
  throw refused(answer.problem, doing);
}

function ofSubject<T>(answer: RegistryAnswer<T>, subject: string, doing: string): T {
  if ('problem' in answer && isNotThere(answer.problem)) throw SubjectUnknown.error({ what: `${doing}: ${answer.problem.message || `there is no subject ${subject}`}` });
  return valueOf(answer, doing);
}

function refusedSchema(problem: RegistryProblem, subject: string, doing: string): Error {
  const { status, message } = problem;
  if (status === 409) return SchemaIncompatible.error({ what: `the schema does not go with earlier ones of ${subject}: ${message}` });
  if (status === 422) return SchemaRefused.error({ what: `${doing}: ${message}` });
  return refused(problem, doing);
}

/** A registry may give a code of its own beside that of HTTP. */
function refused({ status, code, message }: RegistryProblem, doing: string): Error {
  return RegistryRefused.error({ what: `${doing} was refused: ${status}${code === status ? '' : ` (${code})`} ${message}` });
}

function invalid(what: string, remedy?: string): Error {
  return RegistryOptionInvalid.error({ what: `schemaRegistry: ${what}`, ...(remedy === undefined ? {} : { remedy }) });
}
