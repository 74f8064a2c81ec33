import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

type Main = (argv: readonly string[]) => Promise<number>;

/**
 * The command of the `millrace` that is installed for the job, when that is another copy than this one: a job is run by
 * the engine it was written for. Undefined when the job has none, or when it is this one.
 */
export async function localMain(file: string): Promise<Main | undefined> {
  const own = realpathSync(fileURLToPath(new URL('../../', import.meta.url)));
  const local = packageOf(resolve(file));
  if (local === undefined || realpathSync(local) === own) return undefined;
  const entry = join(local, 'dist', 'bundle', 'main.js');
  if (!existsSync(entry)) return undefined;
  const { main } = (await import(pathToFileURL(entry).href)) as { main?: unknown };
  return typeof main === 'function' ? (main as Main) : undefined;
}

function packageOf(file: string): string | undefined {
  try {
    return dirname(createRequire(file).resolve('millrace/package.json'));
  } catch {
    return undefined;
  }
}
