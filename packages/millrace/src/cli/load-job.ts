import { forbidExecution, isJob, type Job } from '@millrace/core/spi';
import { isCoded } from './error-text.js';
import { JobModuleFailed, NoJobExported } from './errors.js';

/** Imports a bundled job and gives its default export. From then on `execute()` in this thread is a coded error. */
export async function loadJob(bundle: string, source: string): Promise<Job> {
  forbidExecution();
  let module: Record<string, unknown>;
  try {
    module = (await import(bundle)) as Record<string, unknown>;
  } catch (error) {
    if (isCoded(error)) throw error;
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw JobModuleFailed.error({ what: `${source}: ${reason}`, where: { file: source }, cause: error });
  }
  const job = module['default'];
  if (isJob(job)) return job;
  const names = Object.keys(module);
  const exported = names.length === 0 ? 'it exports nothing' : `it exports ${names.join(', ')}`;
  throw NoJobExported.error({ what: `${source} has no job as its default export; ${exported}`, where: { file: source } });
}
