import type { Clock, OutputStream } from './platform.js';

/** How much a message matters, least first. */
export type LogLevel = 'debug' | 'error' | 'info' | 'warn';

/** Named facts beside a message: plain values, errors, anything with a `toJSON`. Never a secret's revealed text. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Where messages for people go. Called for events, never per record; it returns at once and never throws. A message is
 * one sentence without values that vary: those are fields, so that equal events can be found.
 */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** Whether messages of this level go anywhere, for those who would have to compute one. */
  isEnabled(level: LogLevel): boolean;
  /** A logger that adds these fields to each of its messages. */
  child(fields: LogFields): Logger;
}

/** The levels in order, least first. */
export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** A logger that drops everything. */
export const NULL_LOGGER: Logger = Object.freeze({
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  isEnabled: () => false,
  child: () => NULL_LOGGER,
});

/** How a stream logger writes. */
export interface StreamLoggerOptions {
  /** The stream, usually stderr. */
  readonly stream: OutputStream;
  readonly clock: Clock;
  /** Messages below are dropped; `info` unless given. */
  readonly level?: LogLevel;
  /** Lines for people, or one JSON object a line; text unless given. */
  readonly format?: 'json' | 'text';
  /** Fields of every message. */
  readonly fields?: LogFields;
}

/** A logger that writes a line per message to a stream. */
export function createStreamLogger(options: StreamLoggerOptions): Logger {
  return new StreamLogger(options);
}

class StreamLogger implements Logger {
  readonly #options: StreamLoggerOptions;
  readonly #threshold: number;
  readonly #fields: LogFields;

  constructor(options: StreamLoggerOptions) {
    this.#options = options;
    this.#threshold = LOG_LEVELS.indexOf(options.level ?? 'info');
    this.#fields = options.fields ?? {};
  }

  debug(message: string, fields?: LogFields): void {
    this.#log('debug', message, fields);
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
    return LOG_LEVELS.indexOf(level) >= this.#threshold;
  }

  child(fields: LogFields): Logger {
    return new StreamLogger({ ...this.#options, fields: { ...this.#fields, ...fields } });
  }

  #log(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (!this.isEnabled(level)) return;
    const time = new Date(this.#options.clock.now()).toISOString();
    const all = fields === undefined ? this.#fields : { ...this.#fields, ...fields };
    const line = this.#options.format === 'json' ? jsonLine(time, level, message, all) : textLine(time, level, message, all);
    this.#options.stream.write(line);
  }
}

function jsonLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const plain: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) plain[name] = plainValue(value);
  return `${toJson({ time, level, message, ...(Object.keys(plain).length === 0 ? {} : { fields: plain }) })}\n`;
}

function textLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  let line = `${time} ${level.toUpperCase().padEnd(5)} ${oneLine(message)}`;
  let details = '';
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (value instanceof Error) details += `\n${value.stack ?? value.message}`;
    else line += ` ${name}=${textValue(value)}`;
  }
  return `${line}${details.replaceAll('\n', '\n  ')}\n`;
}

/** A line break inside a message could forge a second message. */
function oneLine(text: string): string {
  return text.replaceAll('\r', '\\r').replaceAll('\n', '\\n');
}

function textValue(value: unknown): string {
  if (typeof value === 'string') return /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value);
  return typeof value === 'object' && value !== null ? toJson(plainValue(value)) : oneLine(String(value));
}

function plainValue(value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const own = 'toJSON' in value && typeof value.toJSON === 'function' ? (value.toJSON() as Record<string, unknown>) : {};
  return { name: value.name, message: value.message, ...own, stack: value.stack };
}

/** JSON of anything: what JSON cannot say becomes text, since a log call must not throw. */
function toJson(value: unknown): string {
  try {
    return JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' || typeof part === 'symbol' ? String(part) : part)) ?? 'null';
  } catch (error) {
    return JSON.stringify({ unprintable: error instanceof Error ? error.message : String(error) });
  }
}
