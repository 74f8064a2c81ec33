import { MillraceError, isJob, type Job } from '@millrace/core/spi';
import { JobModuleFailed, NoJobExported } from './errors.js';
import type { JobBundle } from './bundle.js';

/** Imports a bundled job and gives its default export. */
export async function loadJob(bundle: Pick<JobBundle, 'url'>, source: string): Promise<Job> {
  let module: Record<string, unknown>;
  try {
    module = (await import(bundle.url)) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw JobModuleFailed.error({ what: `${source}: ${reason}`, where: { file: source }, cause: error });
  }
  const job = module['default'];
  if (isJob(job)) return job;
  const names = Object.keys(module);
  const exported = names.length === 0 ? 'it exports nothing' : `it exports ${names.join(', ')}`;
  throw NoJobExported.error({ what: `${source} has no job as its default export; ${exported}`, where: { file: source } });
}
