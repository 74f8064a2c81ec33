import { SecretMissing } from './base-errors.js';
import type { ProcessInfo } from './platform-host.js';

const HIDDEN = '***';

/**
 * A text that must not be seen: it prints as `***` in JSON, templates, `inspect`, errors, plans and checkpoints. Only
 * {@link Secret.reveal} gives the text, where it is handed to a driver.
 */
export class Secret {
  /** What may be shown: where the text comes from. */
  readonly source: string;
  readonly #read: (process: ProcessInfo) => string;

  constructor(source: string, read: (process: ProcessInfo) => string) {
    this.source = source;
    this.#read = read;
  }

  /** The text itself. Throws `SecretMissing` where there is none. */
  reveal(process: ProcessInfo): string {
    return this.#read(process);
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [Symbol.toPrimitive](): string {
    return HIDDEN;
  }
}

// What `console.log` and `util.inspect` ask for; a registered symbol, so that nothing of the runtime is imported.
Object.defineProperty(Secret.prototype, Symbol.for('nodejs.util.inspect.custom'), { value: () => HIDDEN });

/**
 * Makes secrets.
 *
 * `secret.env('DB_PASSWORD')` is read from the environment when it is needed, so the job module can be imported without
 * it. `secret.value(text)` wraps a text that the program got in another way.
 */
export const secret: {
  readonly env: (name: string) => Secret;
  readonly value: (text: string) => Secret;
} = Object.freeze({
  env: (name: string) =>
    new Secret(`environment variable ${name}`, (process) => {
      const text = process.environment(name);
      if (text !== undefined && text !== '') return text;
      throw SecretMissing.error({ what: `the environment variable ${name} is ${text === undefined ? 'not set' : 'empty'}` });
    }),
  value: (text: string) => new Secret('a value in the program', () => text),
});

/** The text of something that may be a secret or plain. */
export function revealed(value: Secret | string, process: ProcessInfo): string {
  return typeof value === 'string' ? value : value.reveal(process);
}
