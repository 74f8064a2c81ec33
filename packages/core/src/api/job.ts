import type { Executor, JobResult, RunOptions } from '../operators/executor.js';
import type { JobProgram } from '../operators/job-program.js';
import type { ArgumentDeclarations, ArgumentValues, GivenArguments } from './arguments.js';
import { StreamEnvironment, type ExecuteOptions, type JobSettings } from './environment.js';
import { BuildIsAsync, JobInvalid } from './errors.js';
import { assertMayExecute } from './execution-guard.js';
import { calledAt } from './function-check.js';
import { checkJobArguments } from './parse-arguments.js';

/** The property by which a job is known, whichever copy of Millrace made it. */
export const JOB: unique symbol = Symbol.for('millrace.job/1');

/** What `defineJob` takes. */
export interface JobDefinition<Args extends ArgumentDeclarations> {
  /** The name of the job, in plans, metrics and messages. */
  readonly name: string;
  /** The arguments of the job, by name. */
  readonly args?: Args;
  /** Describes the job on the environment. Synchronous, called once per thread, and always with the same result. */
  build(env: StreamEnvironment, args: ArgumentValues<Args>): void;
}

/** Arguments and options of a run. */
export type JobRunOptions<Args extends ArgumentDeclarations> = ExecuteOptions &
  ({} extends GivenArguments<Args> ? { readonly args?: GivenArguments<Args> } : { readonly args: GivenArguments<Args> });

/** A job: the default export of a job module. It runs nothing until it is told to. */
export interface Job<Args extends ArgumentDeclarations = ArgumentDeclarations> {
  readonly [JOB]: true;
  readonly name: string;
  /** The declared arguments. */
  readonly args: Args;
  /** Builds the graph and its functions, without running them. The arguments are checked. */
  build(args: GivenArguments<Args>, settings?: JobSettings & Pick<RunOptions, 'options'>): JobProgram;
  /** Runs the job in the calling thread and resolves when it has ended. */
  run(...options: {} extends GivenArguments<Args> ? [options?: JobRunOptions<Args>] : [options: JobRunOptions<Args>]): Promise<JobResult>;
}

/** The type of `defineJob`, once it knows what runs jobs. */
export type DefineJob = <const Args extends ArgumentDeclarations = {}>(definition: JobDefinition<Args>) => Job<Args>;

/** Makes `defineJob` for an executor, which is made at the first run. */
export function defineJobWith(executor: () => Executor): DefineJob {
  return <const Args extends ArgumentDeclarations = {}>(definition: JobDefinition<Args>): Job<Args> => {
    check(definition);
    const args = Object.freeze({ ...definition.args }) as Args;
    const describe = (given: GivenArguments<Args> | undefined, settings: ExecuteOptions): StreamEnvironment => {
      const values = checkJobArguments(args, (given ?? {}) as Readonly<Record<string, unknown>>);
      const env = new StreamEnvironment(executor, settings);
      const result: unknown = definition.build(env, values);
      if (typeof result === 'object' && result !== null && 'then' in result) {
        throw BuildIsAsync.error({ what: `build() of job "${definition.name}" returned a promise`, where: { job: definition.name } });
      }
      return env;
    };
    return Object.freeze({
      [JOB]: true as const,
      name: definition.name,
      args,
      build: (given: GivenArguments<Args>, settings: JobSettings & Pick<RunOptions, 'options'> = {}): JobProgram =>
        describe(given, settings).buildProgram(definition.name),
      run: async (options: Partial<JobRunOptions<Args>> = {}): Promise<JobResult> => {
        const { args: given, ...settings } = options;
        assertMayExecute(definition.name);
        return describe(given, settings as ExecuteOptions).execute(definition.name);
      },
    });
  };
}

/** True for what `defineJob` gave, also from another copy of Millrace. */
export function isJob(value: unknown): value is Job {
  return typeof value === 'object' && value !== null && (value as { readonly [JOB]?: unknown })[JOB] === true;
}

function check(definition: JobDefinition<ArgumentDeclarations>): void {
  const problem = problemOf(definition);
  if (problem !== undefined) throw JobInvalid.error({ what: `defineJob was given ${problem}`, ...calledAt('defineJob') });
}

function problemOf(definition: JobDefinition<ArgumentDeclarations>): string | undefined {
  if (typeof definition !== 'object' || definition === null) return 'no definition';
  if (typeof definition.name !== 'string' || definition.name.trim() === '') return 'no name';
  if (typeof definition.build !== 'function') return 'no function build';
  for (const [name, declaration] of Object.entries(definition.args ?? {})) {
    if (typeof declaration !== 'object' || declaration === null || typeof declaration.kind !== 'string') return `an argument "${name}" that is not declared by arg`;
  }
  return undefined;
}
