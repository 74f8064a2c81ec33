import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, stop, type BuildFailure, type Message } from 'esbuild';
import { keepBundle } from './bundle-cache.js';
import { importMetaOfTheSource, META_NAME, packagesStayOutside } from './bundle-plugins.js';
import { JobDoesNotCompile, JobFileNotFound } from './errors.js';

/** A job module made ready to be imported by any thread. */
export interface JobBundle {
  /** File URL of the bundle. */
  readonly url: string;
  /** Path of the job's source file. */
  readonly source: string;
}

/**
 * Bundles a job file and what it imports by relative path into one module. Packages stay outside and are imported by
 * absolute URL, so the bundle may lie anywhere. Source maps lead errors back to the user's files.
 */
export async function bundleJob(file: string): Promise<JobBundle> {
  const source = resolve(file);
  if (!existsSync(source)) throw JobFileNotFound.error({ what: `there is no file ${source}`, where: { file: source } });
  const code = await compile(source);
  const name = `${createHash('sha256').update(source).update('\0').update(code).digest('hex').slice(0, 24)}.mjs`;
  return { url: pathToFileURL(keepBundle(source, name, code)).href, source };
}

async function compile(source: string): Promise<string> {
  try {
    const result = await build({
      entryPoints: [source],
      absWorkingDir: dirname(source),
      outfile: join(dirname(source), '.millrace-bundle.mjs'),
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      conditions: ['import'],
      mainFields: ['main'],
      define: { 'import.meta': META_NAME },
      sourcemap: 'inline',
      sourcesContent: false,
      sourceRoot: `${pathToFileURL(dirname(source)).href}/`,
      logLevel: 'silent',
      plugins: [packagesStayOutside(), importMetaOfTheSource()],
    });
    return result.outputFiles[0]?.text ?? '';
  } catch (error) {
    throw compileError(source, error);
  } finally {
    await stop();
  }
}

/** More messages than this rarely help: the later ones follow from the first. */
const MESSAGES_SHOWN = 5;

function compileError(source: string, error: unknown): Error {
  const messages = (error as Partial<BuildFailure>).errors ?? [];
  const first = messages[0];
  if (first === undefined) return JobDoesNotCompile.error({ what: `${source}: ${error instanceof Error ? error.message : String(error)}`, where: { file: source }, cause: error });
  const shown = messages.slice(0, MESSAGES_SHOWN).map((message) => messageText(message, source));
  const more = messages.length > MESSAGES_SHOWN ? [`and ${messages.length - MESSAGES_SHOWN} more`] : [];
  return JobDoesNotCompile.error({ what: [...shown, ...more].join('\n  '), where: { file: placeOf(first, source).file } });
}

function messageText(message: Message, source: string): string {
  const { text } = placeOf(message, source);
  const line = message.location?.lineText.trim() ?? '';
  return `${text}: ${message.text}${line === '' ? '' : `\n    ${line.slice(0, 200)}`}`;
}

function placeOf(message: Message, source: string): { readonly file: string; readonly text: string } {
  if (message.location === null) return { file: source, text: source };
  const file = resolve(dirname(source), message.location.file);
  return { file, text: `${file}:${message.location.line}:${message.location.column + 1}` };
}
