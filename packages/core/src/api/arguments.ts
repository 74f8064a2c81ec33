import type { Duration } from '../base/duration.js';
import { SettingInvalid } from './errors.js';
import { calledAt } from './function-check.js';

/** What any argument may be given. */
export interface ArgumentOptions<T> {
  /** True when the argument may be left out; it is undefined then. */
  readonly optional?: boolean;
  /** The value when the argument is left out. */
  readonly default?: T;
  /** One sentence for `--help`. */
  readonly doc?: string;
}

/** Bounds of a number, inclusive. */
export interface NumberArgumentOptions extends ArgumentOptions<number> {
  readonly min?: number;
  readonly max?: number;
  /** True when only whole numbers will do. */
  readonly integer?: boolean;
}

/** One declared argument of a job: frozen plain data. `Value` is what `build` gets, `Given` what a caller may pass. */
export interface ArgumentDeclaration<out Value, out Given = Value> {
  readonly kind: 'path' | 'string' | 'number' | 'boolean' | 'duration' | 'choice';
  readonly optional: boolean;
  readonly default: Given | undefined;
  readonly doc: string | undefined;
  readonly choices?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
  /** Carries the types; never present at run time. */
  readonly '~types'?: { readonly value: Value; readonly given: Given };
}

/** Arguments by name: what `defineJob` takes as `args`. */
export type ArgumentDeclarations = { readonly [name: string]: ArgumentDeclaration<unknown, unknown> };

type ValueOf<D> = D extends ArgumentDeclaration<infer Value, unknown> ? Value : never;
type GivenOf<D> = D extends ArgumentDeclaration<unknown, infer Given> ? Given : never;

/** What `build` gets for declared arguments. */
export type ArgumentValues<Args> = { readonly [Name in keyof Args]: ValueOf<Args[Name]> };

type MayBeLeftOut<Args> = { [Name in keyof Args]: undefined extends GivenOf<Args[Name]> ? Name : never }[keyof Args];

/** What a caller passes for declared arguments: optional ones and those with a default may be left out. */
export type GivenArguments<Args> = { readonly [Name in Exclude<keyof Args, MayBeLeftOut<Args>>]: GivenOf<Args[Name]> } & {
  readonly [Name in MayBeLeftOut<Args>]?: GivenOf<Args[Name]>;
};

/** The value of an argument: with `optional` it may be undefined, with a default or without either it is always there. */
type Resolved<Value, O> = O extends { readonly default: unknown } ? Value : O extends { readonly optional: true } ? Value | undefined : Value;
type Passed<Given, O> = O extends { readonly default: unknown } ? Given | undefined : O extends { readonly optional: true } ? Given | undefined : Given;

/**
 * Declares the arguments of a job, which are parsed and checked on the command line and in `job.run()`.
 *
 * @example
 * ```ts
 * import { arg, defineJob } from 'millrace';
 *
 * export default defineJob({
 *   name: 'count-to',
 *   args: { last: arg.number({ default: 10, min: 1, integer: true, doc: 'Where to stop.' }), label: arg.string({ optional: true }) },
 *   build(env, args) {
 *     env.fromSequence(1, args.last).print(args.label);
 *   },
 * });
 * ```
 */
export const arg: {
  /** A path of a file or directory. */
  path<const O extends ArgumentOptions<string> = {}>(options?: O): ArgumentDeclaration<Resolved<string, O>, Passed<string, O>>;
  /** A text. */
  string<const O extends ArgumentOptions<string> = {}>(options?: O): ArgumentDeclaration<Resolved<string, O>, Passed<string, O>>;
  /** A finite number. */
  number<const O extends NumberArgumentOptions = {}>(options?: O): ArgumentDeclaration<Resolved<number, O>, Passed<number, O>>;
  /** A switch: `--flag`, `--no-flag`, `--flag=false`. False when it is left out, unless it is optional. */
  boolean<const O extends ArgumentOptions<boolean> = {}>(options?: O): ArgumentDeclaration<Resolved<boolean, O>, boolean | undefined>;
  /** A duration such as `'10 s'`; `build` gets milliseconds. */
  duration<const O extends ArgumentOptions<Duration> = {}>(options?: O): ArgumentDeclaration<Resolved<number, O>, Passed<Duration, O>>;
  /** One of a few texts. */
  choice<const C extends string, const O extends ArgumentOptions<NoInfer<C>> = {}>(
    choices: readonly C[], options?: O,
  ): ArgumentDeclaration<Resolved<C, O>, Passed<C, O>>;
} = Object.freeze({
  path: (options) => declare('path', options),
  string: (options) => declare('string', options),
  number: (options) => declare('number', options, {
    ...(options?.min === undefined ? {} : { min: options.min }),
    ...(options?.max === undefined ? {} : { max: options.max }),
    ...(options?.integer === undefined ? {} : { integer: options.integer }),
  }),
  boolean: (options) => declare('boolean', options?.optional === true ? options : { default: false, ...options }),
  duration: (options) => declare('duration', options),
  choice: (choices, options) => declare('choice', options, { choices: checkedChoices(choices) }),
} satisfies typeof arg);

function declare<Value, Given>(
  kind: ArgumentDeclaration<unknown>['kind'], options: ArgumentOptions<unknown> | undefined, extra: object = {},
): ArgumentDeclaration<Value, Given> {
  const { optional = false, default: value, doc } = options ?? {};
  return Object.freeze({ kind, optional, default: value as Given | undefined, doc, ...extra });
}

function checkedChoices(choices: readonly string[]): readonly string[] {
  if (Array.isArray(choices) && choices.length > 0 && choices.every((choice) => typeof choice === 'string')) return Object.freeze([...choices]);
  throw SettingInvalid.error({ what: 'arg.choice was given no texts to choose from', ...calledAt('arg.choice') });
}
