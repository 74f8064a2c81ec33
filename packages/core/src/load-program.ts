import type { OptionValues } from './base/options.js';
import { MillraceError } from './base/errors.js';
import type { Platform } from './base/platform.js';
import type { GivenArguments } from './api/arguments.js';
import { forbidExecution } from './api/execution-guard.js';
import { isJob, type Job } from './api/job.js';
import { parseJobArguments } from './api/parse-arguments.js';
import type { JobProgram } from './operators/job-program.js';
import { JobModuleInvalid } from './runtime/errors.js';

/** How a thread finds a job and builds the same program as every other: plain data. */
export interface JobReference {
  /** URL of the module whose default export is the job. */
  readonly url: string;
  /** Its arguments, as words of a command line or by name. */
  readonly arguments: { readonly words: readonly string[] } | { readonly values: Readonly<Record<string, unknown>> };
  /** The options of the run that the graph depends on. */
  readonly options: Partial<OptionValues>;
}

/** Imports a job module and builds its program. In a worker `execute()` is an error from then on. */
export async function loadProgram(platform: Platform, reference: JobReference): Promise<{ readonly job: Job; readonly program: JobProgram }> {
  if (platform.threads.currentThread !== undefined) forbidExecution();
  const job = await importJob(platform, reference.url);
  const given = 'words' in reference.arguments ? parseJobArguments(job.args, reference.arguments.words) : reference.arguments.values;
  return { job, program: job.build(given as GivenArguments<Job['args']>, { options: reference.options }) };
}

async function importJob(platform: Platform, url: string): Promise<Job> {
  let module: unknown;
  try {
    module = await platform.importModule(url);
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw JobModuleInvalid.error({ what: `${url} cannot be imported: ${reason}`, where: { file: url }, cause: error });
  }
  const job = (module as { readonly default?: unknown }).default;
  if (isJob(job)) return job;
  throw JobModuleInvalid.error({ what: `${url} has no job as its default export`, where: { file: url } });
}
