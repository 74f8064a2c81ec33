import { type MillraceError, type Platform, revealed, type Secret } from '@millrace/core/spi';
import { RegistryDenied, RegistryRefused, RegistryUnreachable } from './errors.js';

/** Who the client is: a user with a password, or the bearer of a token. */
export type RegistryAuth = { readonly username: string; readonly password: Secret | string } | { readonly token: Secret | string };

/** How requests are made. */
export interface HttpSettings {
  readonly urls: readonly string[];
  readonly auth: RegistryAuth | undefined;
  readonly timeoutMs: number;
  /** Attempts after the first one. */
  readonly retries: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly platform: Platform;
}

/** An error as the registry tells it. */
export interface RegistryProblem {
  readonly status: number;
  readonly code: number;
  readonly message: string;
}

/**
 * Whether the registry says that it does not have what was asked for, with a code of its own (40401, 40402 and so on). Any
 * other 404 says that there is no registry at the address.
 */
export function isNotThere({ status, code }: RegistryProblem): boolean {
  return status === 404 && Math.floor(code / 100) === 404;
}

/** What a request came to: what it asked for, or an error that asking again will not change. */
export type RegistryAnswer<T> = { readonly value: T } | { readonly problem: RegistryProblem };

const MEDIA_TYPE = 'application/vnd.schemaregistry.v1+json';
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5000;
/** No schema is longer. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Makes requests to one of several addresses, each with a time-out, and tries again where that can help. */
export class RegistryHttp {
  readonly #settings: HttpSettings;
  /** The address that answered last goes first. */
  #first: number;

  constructor(settings: HttpSettings) {
    this.#settings = settings;
    this.#first = 0;
  }

  /** Asks; `doing` names the request in errors. Rejects with `MR-4202` or `MR-4203`, or `MR-4204` for an answer that is no JSON. */
  async request<T>(doing: string, method: string, path: string, body?: unknown): Promise<RegistryAnswer<T>> {
    const { urls, retries } = this.#settings;
    let last = '';
    for (let attempt = 0; attempt <= retries; attempt++) {
      if (attempt > 0) await this.#pause(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1)));
      for (let turn = 0; turn < urls.length; turn++) {
        const at = (this.#first + turn) % urls.length;
        const outcome = await this.#once<T>(doing, method, `${urls[at]}${path}`, body);
        if (typeof outcome === 'string') {
          last = outcome;
          continue;
        }
        this.#first = at;
        return outcome;
      }
    }
    throw RegistryUnreachable.error({ what: `${doing} did not succeed in ${retries + 1} attempts at ${urls.join(', ')}: ${last}` });
  }

  /** One attempt at one address; a text says why it is worth another one. */
  async #once<T>(doing: string, method: string, url: string, body: unknown): Promise<RegistryAnswer<T> | string> {
    let status: number;
    let text: string;
    try {
      const response = await fetch(url, {
        method,
        headers: { accept: `${MEDIA_TYPE}, application/json`, ...(body === undefined ? {} : { 'content-type': MEDIA_TYPE }), ...this.#authorisation(), ...this.#settings.headers },
        signal: AbortSignal.timeout(this.#settings.timeoutMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      status = response.status;
      text = await response.text();
    } catch (error) {
      if ((error as MillraceError).code?.toString().startsWith('MR-')) throw error;
      return reasonOf(error, this.#settings.timeoutMs);
    }
    if (status === 429 || status >= 500) return `it answered ${status}${shortened(text)}`;
    if (status === 401 || status === 403) throw RegistryDenied.error({ what: `${doing} was answered with ${status} at ${url}` });
    if (text.length > MOST_BYTES) throw RegistryRefused.error({ what: `${doing}: the answer has ${text.length} characters` });
    return answerOf<T>(doing, url, status, text);
  }

  #authorisation(): Record<string, string> {
    const { auth, platform } = this.#settings;
    if (auth === undefined) return {};
    if ('token' in auth) return { authorization: `Bearer ${revealed(auth.token, platform.process)}` };
    return { authorization: `Basic ${Buffer.from(`${auth.username}:${revealed(auth.password, platform.process)}`, 'utf8').toString('base64')}` };
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#settings.platform.timers.setTimer(ms, resolve));
  }
}

function answerOf<T>(doing: string, url: string, status: number, text: string): RegistryAnswer<T> {
  let parsed: unknown;
  try {
    parsed = text === '' ? undefined : JSON.parse(text);
  } catch (error) {
    throw RegistryRefused.error({ what: `${doing}: ${url} answered ${status} with no JSON${shortened(text)}`, cause: error });
  }
  if (status >= 200 && status < 300) return { value: parsed as T };
  const { error_code: code, message } = (parsed ?? {}) as { error_code?: number; message?: string };
  return { problem: { status, code: code ?? status, message: String(message ?? '') } };
}

function reasonOf(error: unknown, timeoutMs: number): string {
  if ((error as Error).name === 'TimeoutError') return `there was no answer in ${timeoutMs} ms`;
  const cause = (error as Error).cause as (Error & { code?: string }) | undefined;
  return cause?.code ?? cause?.message ?? (error as Error).message;
}

const shortened = (text: string): string => (text === '' ? '' : `: ${text.slice(0, 200)}`);
