import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Stored {
  readonly schema: string;
  readonly schemaType: string;
  readonly references: unknown;
  readonly id: number;
}

/** What a test makes the server do. */
export interface ServerSettings {
  /** Says why a schema does not go with the one before; undefined when it does. */
  incompatible?: (schema: string, before: string) => string | undefined;
  /** Answers instead of the server, with a status or a code of the registry, or not at all. */
  interfere?: (path: string) => number | 'silence' | undefined;
}

/**
 * A small registry that answers as Confluent's documentation says (paths, bodies, `error_code`), for what a real one does
 * not do on demand: fail, be silent, ask for a password. What both do is tested with a real one, too.
 */
export class DocumentedRegistry {
  readonly requests: { readonly method: string; readonly path: string; readonly authorization: string | undefined }[] = [];
  readonly settings: ServerSettings = {};
  readonly #subjects = new Map<string, Stored[]>();
  readonly #levels = new Map<string, string>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(([status, body]) => {
        if (status === 0) return;
        response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' });
        response.end(JSON.stringify(body));
      });
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => void this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => void this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage): Promise<readonly [number, unknown]> {
    const path = request.url!.split('?')[0]!;
    let text = '';
    for await (const chunk of request) text += String(chunk);
    this.requests.push({ method: request.method!, path, authorization: request.headers.authorization });
    const interference = this.settings.interfere?.(path);
    if (interference === 'silence') return [0, undefined];
    // A code of the registry itself, such as 40403, has its status before it.
    if (interference !== undefined) return [Number(String(interference).slice(0, 3)), { error_code: interference, message: 'as the test wants' }];
    return this.#route(request.method!, path.split('/').slice(1).map(decodeURIComponent), text === '' ? {} : (JSON.parse(text) as Record<string, string>));
  }

  #route(method: string, path: readonly string[], body: Record<string, string>): readonly [number, unknown] {
    if (path[0] === 'schemas') return this.#byId(Number(path[2]));
    if (path[0] === 'config') return this.#config(method, path[1] ?? '', body['compatibility']);
    if (path[0] === 'compatibility') return this.#compatibility(path[2]!, body);
    if (path.length === 1) return [200, [...this.#subjects.keys()]];
    const versions = this.#subjects.get(path[1]!) ?? [];
    if (method === 'POST' && path.length === 2) {
      const at = versions.findIndex(({ schema }) => schema === body['schema']);
      if (versions.length === 0) return [404, { error_code: 40401, message: `Subject '${path[1]}' not found.` }];
      return at < 0 ? [404, { error_code: 40403, message: 'Schema not found' }] : [200, { subject: path[1], version: at + 1, ...versions[at] }];
    }
    if (method === 'POST') return this.#register(path[1]!, versions, body);
    if (versions.length === 0) return [404, { error_code: 40401, message: `Subject '${path[1]}' not found.` }];
    if (path.length === 3) return [200, versions.map((_, at) => at + 1)];
    const version = path[3] === 'latest' ? versions.length : Number(path[3]);
    const found = versions[version - 1];
    return found === undefined ? [404, { error_code: 40402, message: `Version ${path[3]} not found.` }] : [200, { subject: path[1], version, ...found }];
  }

  #byId(id: number): readonly [number, unknown] {
    const found = [...this.#subjects.values()].flat().find((one) => one.id === id);
    if (found === undefined) return [404, { error_code: 40403, message: `Schema ${id} not found` }];
    const { schema, schemaType, references } = found;
    return [200, { schema, ...(schemaType === 'AVRO' ? {} : { schemaType }), ...(references === undefined ? {} : { references }) }];
  }

  #config(method: string, subject: string, level: string | undefined): readonly [number, unknown] {
    if (method === 'PUT') {
      this.#levels.set(subject, level!);
      return [200, { compatibility: level }];
    }
    const found = this.#levels.get(subject) ?? (subject === '' ? 'BACKWARD' : undefined);
    return found === undefined ? [404, { error_code: 40408, message: `Subject '${subject}' does not have subject-level compatibility configured` }] : [200, { compatibilityLevel: found }];
  }

  #compatibility(subject: string, body: Record<string, string>): readonly [number, unknown] {
    const before = this.#subjects.get(subject)?.at(-1);
    if (before === undefined) return [404, { error_code: 40402, message: 'Version not found.' }];
    const why = this.settings.incompatible?.(body['schema']!, before.schema);
    return [200, { is_compatible: why === undefined, messages: why === undefined ? [] : [why] }];
  }

  #register(subject: string, versions: readonly Stored[], body: Record<string, string>): readonly [number, unknown] {
    const { schema, schemaType = 'AVRO', references } = body;
    const same = versions.find((one) => one.schema === schema);
    if (same !== undefined) return [200, { id: same.id }];
    if (schemaType !== 'PROTOBUF' && !/^\s*[{["]/.test(schema!)) return [422, { error_code: 42201, message: 'Invalid schema' }];
    const before = versions.at(-1);
    const why = before === undefined ? undefined : this.settings.incompatible?.(schema!, before.schema);
    if (why !== undefined) return [409, { error_code: 409, message: `Schema being registered is incompatible with an earlier schema: ${why}` }];
    const others = [...this.#subjects.values()].flat();
    const id = others.find((one) => one.schema === schema)?.id ?? others.length + 1;
    this.#subjects.set(subject, [...versions, { schema: schema!, schemaType, references, id }]);
    return [200, { id }];
  }
}
