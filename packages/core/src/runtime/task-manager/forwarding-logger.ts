import type { LogFields, Logger, LogLevel } from '../../base/logger.js';

/** A logger whose messages go to whoever coordinates the job, which decides what is shown. */
export class ForwardingLogger implements Logger {
  readonly #send: (level: LogLevel, message: string, fields: LogFields | undefined) => void;
  readonly #fields: LogFields | undefined;

  constructor(send: (level: LogLevel, message: string, fields: LogFields | undefined) => void, fields?: LogFields) {
    this.#send = send;
    this.#fields = fields;
  }

  debug(): void {
    // Nobody reads these across threads: they would cost a message each.
  }

  info(message: string, fields?: LogFields): void {
    this.#log('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#log('error', message, fields);
  }

  isEnabled(level: LogLevel): boolean {
    return level !== 'debug';
  }

  child(fields: LogFields): Logger {
    return new ForwardingLogger(this.#send, { ...this.#fields, ...fields });
  }

  #log(level: LogLevel, message: string, fields: LogFields | undefined): void {
    this.#send(level, message, this.#fields === undefined ? fields : { ...this.#fields, ...fields });
  }
}
