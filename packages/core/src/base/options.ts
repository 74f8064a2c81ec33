import { OptionInvalid, OptionUnknown } from './base-errors.js';
import { parseDuration, type Duration } from './duration.js';
import { didYouMean, suggest } from './suggest.js';

/** The value each option has after it was resolved. Durations are milliseconds, sizes bytes. */
export interface OptionValues {
  readonly 'parallelism': number;
  readonly 'maxParallelism': number;
  readonly 'checkpoint.dir': string | undefined;
  readonly 'checkpoint.interval': number | undefined;
  readonly 'checkpoint.minPause': number;
  readonly 'checkpoint.timeout': number;
  readonly 'checkpoint.mode': 'at-least-once' | 'exactly-once';
  readonly 'checkpoint.retained': number;
  readonly 'checkpoint.encryptionKey': string | undefined;
  readonly 'stateBackend': 'heap' | 'log';
  readonly 'restart.strategy': 'none' | 'fixed-delay' | 'failure-rate' | 'exponential-delay' | undefined;
  readonly 'restart.attempts': number | undefined;
  readonly 'restart.delay': number;
  readonly 'restart.maxDelay': number;
  readonly 'restart.interval': number;
  readonly 'restart.resetAfter': number;
  readonly 'restart.failover': 'full' | 'region';
  readonly 'watchdog.warnAfter': number;
  readonly 'watchdog.failAfter': number | undefined;
  readonly 'strict': boolean;
  readonly 'check': boolean;
  readonly 'watermark.interval': number;
  readonly 'buffer.timeout': number;
  readonly 'buffer.targetMs': number;
  readonly 'batch.size': number;
  readonly 'code.generation': boolean;
  readonly 'metrics.interval': number;
  readonly 'record.maxBytes': number;
  readonly 'record.maxDepth': number;
}

/** The name of an option. */
export type OptionName = keyof OptionValues;

/** What an option takes. Bounds are inclusive. */
export type OptionType =
  | { readonly kind: 'boolean' | 'duration' | 'text' }
  | { readonly kind: 'bytes' | 'integer'; readonly min: number; readonly max: number }
  | { readonly kind: 'choice'; readonly choices: readonly string[] };

/** One row of the option table. The reference of options is generated from it. */
export interface OptionDeclaration<T = unknown> {
  readonly type: OptionType;
  /** Undefined: off, or decided elsewhere, as the text says. */
  readonly default: T;
  /** One sentence for the reference and for `--help`. */
  readonly doc: string;
}

/** Where a value came from, strongest first. */
export type OptionOrigin = 'code' | 'command line' | 'default' | 'environment' | 'file';

/** What was given in each layer; undefined values count as not given. The environment is given whole. */
export interface OptionLayers {
  /** Given in the program, by option name. */
  readonly code?: Readonly<Record<string, unknown>>;
  /** Given as flags, by flag without dashes: `checkpoint-interval`. */
  readonly commandLine?: Readonly<Record<string, unknown>>;
  /** Environment variables: `MILLRACE_CHECKPOINT_INTERVAL`. Others are passed over. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Given in a configuration file, by option name. */
  readonly file?: Readonly<Record<string, unknown>>;
}

/** The outcome of {@link resolveOptions}. */
export interface ResolvedOptions {
  readonly values: OptionValues;
  readonly origins: Readonly<Record<OptionName, OptionOrigin>>;
}

const integer = (min: number, max: number): OptionType => ({ kind: 'integer', min, max });
const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** The option table: every option there is. */
export const OPTIONS: { readonly [N in OptionName]: OptionDeclaration<OptionValues[N]> } = {
  'parallelism': { type: integer(1, 32_768), default: 1, doc: 'Subtasks per operator, where the job does not say otherwise.' },
  'maxParallelism': { type: integer(1, 32_768), default: 128, doc: 'Key groups: the most subtasks a keyed operator can have. Fixed for the life of the state.' },
  'checkpoint.dir': { type: { kind: 'text' }, default: undefined, doc: 'Directory for checkpoints; turns them on.' },
  'checkpoint.interval': { type: { kind: 'duration' }, default: undefined, doc: 'Time between the starts of two checkpoints; 10 s when only the directory is given.' },
  'checkpoint.minPause': { type: { kind: 'duration' }, default: 0, doc: 'The least time between the end of a checkpoint and the start of the next that the interval asks for.' },
  'checkpoint.timeout': { type: { kind: 'duration' }, default: 600_000, doc: 'A checkpoint or savepoint that takes longer is given up; the job goes on.' },
  'checkpoint.mode': { type: { kind: 'choice', choices: ['exactly-once', 'at-least-once'] }, default: 'exactly-once', doc: 'Whether channels wait for the barriers of the others. at-least-once waits for none: less delay where inputs differ in speed, but records may count twice after a restart.' },
  'checkpoint.retained': { type: integer(1, 1000), default: 2, doc: 'Complete checkpoints that are kept; older ones are deleted.' },
  'checkpoint.encryptionKey': {
    type: { kind: 'text' },
    default: undefined,
    doc: 'Id of the key that new checkpoints and savepoints are encrypted with; the key, 32 bytes in hexadecimal or base64, comes from the environment variable MILLRACE_KEY_ followed by the id in upper case, or from encryptionKeys in the program.',
  },
  'stateBackend': { type: { kind: 'choice', choices: ['heap', 'log'] }, default: 'heap', doc: 'Where keyed state lives: in memory, or in a segment log on disk.' },
  'restart.strategy': { type: { kind: 'choice', choices: ['none', 'fixed-delay', 'failure-rate', 'exponential-delay'] }, default: undefined, doc: 'When a failed job is started again by itself; exponential-delay with checkpoints and input that can be read again, else none.' },
  'restart.attempts': { type: integer(0, 1_000_000), default: undefined, doc: 'Restarts that fixed-delay has in all, or failures that failure-rate allows per interval; 3 unless given.' },
  'restart.delay': { type: { kind: 'duration' }, default: 1000, doc: 'The wait before a restart; the first wait of exponential-delay, each further one is 1.5 times as long.' },
  'restart.maxDelay': { type: { kind: 'duration' }, default: 60_000, doc: 'The longest wait of exponential-delay.' },
  'restart.interval': { type: { kind: 'duration' }, default: 60_000, doc: 'The stretch of time over which failure-rate counts failures.' },
  'restart.resetAfter': { type: { kind: 'duration' }, default: 3_600_000, doc: 'A job that ran so long without a failure begins again with the first wait of exponential-delay.' },
  'restart.failover': { type: { kind: 'choice', choices: ['full', 'region'] }, default: 'full', doc: 'What starts again after a failure: the whole job, or where possible only the threads that exchange records with the one that failed.' },
  'watchdog.warnAfter': { type: { kind: 'duration' }, default: 10_000, doc: 'A worker thread that has been silent for so long is named in a warning, with the operator it is in.' },
  'watchdog.failAfter': { type: { kind: 'duration' }, default: undefined, doc: 'A worker thread that has been silent for so long is ended, and the job fails or restarts; off unless given.' },
  'strict': { type: { kind: 'boolean' }, default: false, doc: 'Refuse what is only warned about otherwise, such as types that were not declared.' },
  'check': { type: { kind: 'boolean' }, default: false, doc: 'Check every value against its type and every state access against its rules; slower.' },
  'watermark.interval': { type: { kind: 'duration' }, default: 200, doc: 'Time between two periodic watermarks of a source.' },
  'buffer.timeout': { type: { kind: 'duration' }, default: 10, doc: 'The longest a record waits in an unfilled batch before it is sent; 0 sends at once.' },
  'buffer.targetMs': { type: { kind: 'duration' }, default: 100, doc: 'How much work, in time of the receiver, may be in flight between two subtasks.' },
  'batch.size': { type: integer(1, 65_536), default: 4096, doc: 'The most records in a batch; before a slow receiver batches are smaller.' },
  'code.generation': { type: { kind: 'boolean' }, default: true, doc: 'Make one function of operators that follow one another, where the runtime allows it; never in check mode. Off, they call each other: slower, with the same results.' },
  'metrics.interval': { type: { kind: 'duration' }, default: 1000, doc: 'Time between two calls of onMetrics.' },
  'record.maxBytes': { type: { kind: 'bytes', min: 1, max: GIB }, default: 16 * MIB, doc: 'A longer record of a source is a decode error.' },
  'record.maxDepth': { type: integer(1, 1000), default: 128, doc: 'A record nested deeper is a decode error.' },
};

/** All option names in the order of the table. */
export const OPTION_NAMES: readonly OptionName[] = Object.keys(OPTIONS) as OptionName[];

/** The flag of an option without its dashes: `checkpoint-interval` for `checkpoint.interval`. */
export function flagOf(name: OptionName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll('.', '-');
}

/** The environment variable of an option: `MILLRACE_CHECKPOINT_INTERVAL`. */
export function environmentNameOf(name: OptionName): string {
  return `MILLRACE_${flagOf(name).replaceAll('-', '_').toUpperCase()}`;
}

/**
 * The value of every option: code before command line before environment before file before default. A name that is
 * not in the table is an error with a suggestion; in the environment, where other programs may use names like ours,
 * only when it is close to one of the table.
 */
export function resolveOptions(layers: OptionLayers): ResolvedOptions {
  const values: Record<string, unknown> = {};
  const origins: Record<string, OptionOrigin> = {};
  for (const name of OPTION_NAMES) {
    values[name] = OPTIONS[name].default;
    origins[name] = 'default';
  }
  const take = (name: OptionName, raw: unknown, origin: OptionOrigin, shown: string): void => {
    if (raw === undefined) return;
    values[name] = parseOption(name, raw, shown);
    origins[name] = origin;
  };
  for (const [given, raw] of Object.entries(layers.file ?? {})) take(known(given, OPTION_NAMES, identity, ''), raw, 'file', given);
  takeEnvironment(layers.environment ?? {}, take);
  for (const [given, raw] of Object.entries(layers.commandLine ?? {})) take(known(given, OPTION_NAMES, flagOf, '--'), raw, 'command line', `--${given}`);
  for (const [given, raw] of Object.entries(layers.code ?? {})) take(known(given, OPTION_NAMES, identity, ''), raw, 'code', given);
  return { values: values as unknown as OptionValues, origins: origins as Record<OptionName, OptionOrigin> };
}

/** One value, from text or from code, in the form {@link OptionValues} has it; `shown` is the name as the user gave it. */
export function parseOption<N extends OptionName>(name: N, raw: unknown, shown: string = name): OptionValues[N] {
  return parseByType(OPTIONS[name].type, raw, shown) as OptionValues[N];
}

const identity = (name: OptionName): string => name;

function takeEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  take: (name: OptionName, raw: unknown, origin: OptionOrigin, shown: string) => void,
): void {
  const byVariable = new Map(OPTION_NAMES.map((name) => [environmentNameOf(name), name]));
  for (const [variable, raw] of Object.entries(environment)) {
    if (!variable.startsWith('MILLRACE_') || raw === undefined || raw === '') continue;
    const name = byVariable.get(variable);
    if (name !== undefined) take(name, raw, 'environment', variable);
    else if (suggest(variable.slice('MILLRACE_'.length), [...byVariable.keys()].map((known) => known.slice('MILLRACE_'.length))) !== undefined) {
      throw OptionUnknown.error({ what: `the environment variable ${variable} is no option.${didYouMean(variable, byVariable.keys())}` });
    }
  }
}

function known(given: string, names: readonly OptionName[], spelling: (name: OptionName) => string, dashes: string): OptionName {
  const found = names.find((name) => spelling(name) === given);
  if (found !== undefined) return found;
  throw OptionUnknown.error({ what: `there is no option "${dashes}${given}".${didYouMean(`${dashes}${given}`, names.map((name) => dashes + spelling(name)))}` });
}

function parseByType(type: OptionType, raw: unknown, shown: string): unknown {
  switch (type.kind) {
    case 'boolean':
      if (typeof raw === 'boolean') return raw;
      // A bare flag comes without a text.
      if (raw === 'true' || raw === '') return true;
      if (raw === 'false') return false;
      throw invalid(shown, raw, 'true or false');
    case 'duration':
      return parseDuration(raw as Duration, shown);
    case 'text':
      if (typeof raw === 'string' && raw !== '') return raw;
      throw invalid(shown, raw, 'a text that is not empty');
    case 'choice':
      if (typeof raw === 'string' && type.choices.includes(raw)) return raw;
      throw invalid(shown, raw, `one of ${type.choices.join(', ')}`, typeof raw === 'string' ? didYouMean(raw, type.choices) : '');
    case 'integer':
      return inRange(type, typeof raw === 'string' && /^\d+$/.test(raw) ? Number(raw) : raw, shown, 'a whole number');
    case 'bytes':
      return inRange(type, typeof raw === 'string' ? parseBytes(raw) : raw, shown, 'a size such as 65536, 64 KiB or 16 MiB');
  }
}

function parseBytes(text: string): number | string {
  const match = /^(\d+(?:\.\d+)?) ?(B|KiB|MiB|GiB)?$/.exec(text.trim());
  if (match === null) return text;
  return Number(match[1]) * { B: 1, KiB: KIB, MiB: MIB, GiB: GIB }[(match[2] ?? 'B') as 'B' | 'GiB' | 'KiB' | 'MiB'];
}

function inRange(range: { readonly min: number; readonly max: number }, value: unknown, shown: string, expected: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= range.min && value <= range.max) return value;
  throw invalid(shown, value, `${expected} from ${range.min} to ${range.max}`);
}

function invalid(shown: string, raw: unknown, expected: string, hint: string = ''): Error {
  const given = typeof raw === 'string' ? `"${raw.slice(0, 100)}"` : typeof raw === 'object' && raw !== null ? 'an object' : String(raw);
  return OptionInvalid.error({ what: `${shown} is ${given}, expected ${expected}.${hint}` });
}
