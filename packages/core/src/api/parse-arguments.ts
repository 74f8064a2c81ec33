import { parseDuration, type Duration } from '../base/duration.js';
import { didYouMean } from '../base/suggest.js';
import type { ArgumentDeclaration, ArgumentDeclarations, ArgumentValues } from './arguments.js';
import { ArgumentInvalid, ArgumentMissing, ArgumentUnknown } from './errors.js';

type AnyArgument = ArgumentDeclaration<unknown, unknown>;

/**
 * Parses command-line arguments (`--input F --rate=5 --verbose --no-color`) by a job's declaration and checks them.
 * Names may be written as declared or in kebab case.
 */
export function parseJobArguments<Args extends ArgumentDeclarations>(declarations: Args, argv: readonly string[]): ArgumentValues<Args> {
  const given: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (!word.startsWith('--') || word === '--') {
      throw ArgumentUnknown.error({ what: `"${word}" stands where an argument --name is expected.${listed(declarations)}` });
    }
    const equals = word.indexOf('=');
    const flag = equals === -1 ? word.slice(2) : word.slice(2, equals);
    const inline = equals === -1 ? undefined : word.slice(equals + 1);
    const { name, negated } = nameOf(flag, declarations);
    if (name in given) throw ArgumentInvalid.error({ what: `--${flag} is given twice` });
    const declaration = declarations[name]!;
    if (declaration.kind === 'boolean') {
      if (negated && inline !== undefined) throw ArgumentInvalid.error({ what: `--${flag} takes no value` });
      given[name] = inline === undefined ? !negated : parseText(flag, declaration, inline);
      continue;
    }
    const text = inline ?? argv[++i];
    if (text === undefined || (inline === undefined && text.startsWith('--'))) {
      throw ArgumentInvalid.error({ what: `--${flag} has no value, expected ${expected(declaration)}`, remedy: `Write --${flag} VALUE, or --${flag}=VALUE where the value begins with two dashes.` });
    }
    given[name] = parseText(flag, declaration, text);
  }
  return complete(declarations, given, (name) => `--${kebab(name)}`);
}

/** Checks arguments given as values, as `job.run({ args })` takes them, and fills in what may be left out. */
export function checkJobArguments<Args extends ArgumentDeclarations>(declarations: Args, given: Readonly<Record<string, unknown>>): ArgumentValues<Args> {
  const values: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(declarations, name)) {
      throw ArgumentUnknown.error({ what: `the job has no argument "${name}".${didYouMean(name, Object.keys(declarations))}${listed(declarations)}` });
    }
    if (value !== undefined) values[name] = checkValue(name, declarations[name]!, value);
  }
  return complete(declarations, values, (name) => `"${name}"`);
}

/** An argument of a job as a caller wants to know it. */
export interface ArgumentHelp {
  /** With its dashes: `--event-time`. */
  readonly flag: string;
  /** What it takes, in words: `a path`, `a number from 1 to 9`. */
  readonly takes: string;
  /** False when it has to be given. */
  readonly mayBeLeftOut: boolean;
  /** What holds when it is left out; undefined when nothing does. */
  readonly default: unknown;
  /** The sentence of its declaration. */
  readonly doc: string | undefined;
}

/** The arguments that a job declares, in their order. */
export function describeJobArguments(declarations: ArgumentDeclarations): readonly ArgumentHelp[] {
  return Object.entries(declarations).map(([name, declaration]) => ({
    flag: `--${kebab(name)}`, takes: expected(declaration), mayBeLeftOut: declaration.optional || declaration.default !== undefined, default: declaration.default, doc: declaration.doc,
  }));
}

/** The flag of an argument without its dashes: `eventTime` is `--event-time`. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function nameOf(flag: string, declarations: ArgumentDeclarations): { readonly name: string; readonly negated: boolean } {
  for (const name of Object.keys(declarations)) {
    if (flag === name || flag === kebab(name)) return { name, negated: false };
    if (declarations[name]!.kind === 'boolean' && (flag === `no-${kebab(name)}` || flag === `no-${name}`)) return { name, negated: true };
  }
  const known = Object.keys(declarations).map((name) => `--${kebab(name)}`);
  throw ArgumentUnknown.error({ what: `the job has no argument --${flag}.${didYouMean(`--${flag}`, known)}${listed(declarations)}` });
}

function complete<Args extends ArgumentDeclarations>(declarations: Args, given: Readonly<Record<string, unknown>>, shown: (name: string) => string): ArgumentValues<Args> {
  const values: Record<string, unknown> = {};
  const missing: string[] = [];
  for (const [name, declaration] of Object.entries(declarations)) {
    let value: unknown;
    if (name in given) value = given[name];
    else if (declaration.default !== undefined) value = checkValue(name, declaration, declaration.default);
    else if (!declaration.optional) missing.push(`${shown(name)} (${expected(declaration)}${declaration.doc === undefined ? '' : `: ${declaration.doc}`})`);
    Object.defineProperty(values, name, { value, enumerable: true });
  }
  if (missing.length > 0) throw ArgumentMissing.error({ what: `the job needs ${missing.join(', ')}` });
  return Object.freeze(values) as ArgumentValues<Args>;
}

function parseText(flag: string, declaration: AnyArgument, text: string): unknown {
  switch (declaration.kind) {
    case 'number':
      if (text.trim() === '' || Number.isNaN(Number(text))) throw wrong(`--${flag}`, declaration, `"${text}"`);
      return checkValue(`--${flag}`, declaration, Number(text));
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw wrong(`--${flag}`, declaration, `"${text}"`);
      return text === 'true';
    default:
      return checkValue(`--${flag}`, declaration, text);
  }
}

function checkValue(shown: string, declaration: AnyArgument, value: unknown): unknown {
  switch (declaration.kind) {
    case 'path':
    case 'string':
      if (typeof value === 'string' && (value !== '' || declaration.kind === 'string')) return value;
      break;
    case 'number':
      if (typeof value === 'number' && Number.isFinite(value) && value >= (declaration.min ?? -Infinity) && value <= (declaration.max ?? Infinity)
        && (declaration.integer !== true || Number.isInteger(value))) return value;
      break;
    case 'boolean':
      if (typeof value === 'boolean') return value;
      break;
    case 'duration':
      return parseDuration(value as Duration, `the argument ${shown}`);
    case 'choice':
      if (typeof value === 'string' && declaration.choices!.includes(value)) return value;
      throw wrong(shown, declaration, typeof value === 'string' ? `"${value}"` : typeof value, typeof value === 'string' ? didYouMean(value, declaration.choices!) : '');
  }
  throw wrong(shown, declaration, typeof value === 'string' ? `"${value}"` : String(value));
}

function wrong(shown: string, declaration: AnyArgument, value: string, hint: string = ''): Error {
  return ArgumentInvalid.error({ what: `the argument ${shown} is ${value}, expected ${expected(declaration)}.${hint}` });
}

function expected(declaration: AnyArgument): string {
  switch (declaration.kind) {
    case 'path':
      return 'a path';
    case 'string':
      return 'a text';
    case 'boolean':
      return 'true or false';
    case 'duration':
      return 'a duration such as 10s';
    case 'choice':
      return `one of ${declaration.choices!.join(', ')}`;
    case 'number': {
      const { min, max, integer } = declaration;
      const range = min !== undefined && max !== undefined ? ` from ${min} to ${max}` : min !== undefined ? ` from ${min}` : max !== undefined ? ` up to ${max}` : '';
      return `${integer === true ? 'a whole number' : 'a number'}${range}`;
    }
  }
}

function listed(declarations: ArgumentDeclarations): string {
  const names = Object.keys(declarations);
  return names.length === 0 ? ' It takes none.' : ` It takes ${names.map((name) => `--${kebab(name)}`).join(', ')}.`;
}
