import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type BuildFailure, type Loader, type OnResolveResult, type Plugin, type PluginBuild } from 'esbuild';
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
 * absolute URL, so the bundle may lie anywhere. It is kept under the hash of its contents in the cache folder of the
 * job's `node_modules`, or in a temporary folder where that cannot be written.
 */
export async function bundleJob(file: string): Promise<JobBundle> {
  const source = resolve(file);
  if (!existsSync(source)) throw JobFileNotFound.error({ what: `there is no file ${source}`, where: { file: source } });
  const code = await compile(source);
  const name = `${createHash('sha256').update(source).update(code).digest('hex').slice(0, 24)}.mjs`;
  return { url: pathToFileURL(keep(source, name, code)).href, source };
}

async function compile(source: string): Promise<string> {
  try {
    const result = await build({
      entryPoints: [source],
      outfile: join(dirname(source), '.millrace-bundle.mjs'),
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      conditions: ['import'],
      mainFields: ['main'],
      sourcemap: 'inline',
      sourcesContent: false,
      sourceRoot: `${pathToFileURL(dirname(source)).href}/`,
      logLevel: 'silent',
      plugins: [packagesStayOutside(), importMetaOfTheSource()],
    });
    return result.outputFiles[0]?.text ?? '';
  } catch (error) {
    throw compileError(source, error);
  }
}

const RESOLVED = Symbol('resolved');

/** Every bare import becomes an absolute file URL, resolved from where it stands. */
function packagesStayOutside(): Plugin {
  return {
    name: 'packages-stay-outside',
    setup(bundler: PluginBuild): void {
      bundler.onResolve({ filter: /^[^./]/ }, async (args): Promise<OnResolveResult | undefined> => {
        if (args.pluginData === RESOLVED || args.kind === 'entry-point') return undefined;
        if (isBuiltin(args.path)) return { path: args.path, external: true };
        const found = await bundler.resolve(args.path, { kind: args.kind, resolveDir: args.resolveDir, importer: args.importer, pluginData: RESOLVED });
        if (found.errors.length === 0) return { path: pathToFileURL(found.path).href, external: true };
        const own = ownCopy(args.path);
        return own === undefined ? { errors: found.errors } : { path: own, external: true };
      });
    },
  };
}

/** A job without a `millrace` of its own uses the one of the command. */
function ownCopy(specifier: string): string | undefined {
  if (!/^(millrace|@millrace\/core)(\/|$)/.test(specifier)) return undefined;
  try {
    return import.meta.resolve(specifier);
  } catch {
    return undefined;
  }
}

/** `import.meta.url` and its kin keep speaking of the source file, not of the bundle. */
function importMetaOfTheSource(): Plugin {
  return {
    name: 'import-meta-of-the-source',
    setup(bundler: PluginBuild): void {
      bundler.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, (args) => {
        const text = readFileSync(args.path, 'utf8');
        if (!text.includes('import.meta.')) return undefined;
        const contents = text
          .replaceAll(/\bimport\.meta\.url\b/g, JSON.stringify(pathToFileURL(args.path).href))
          .replaceAll(/\bimport\.meta\.filename\b/g, JSON.stringify(args.path))
          .replaceAll(/\bimport\.meta\.dirname\b/g, JSON.stringify(dirname(args.path)));
        return { contents, loader: /\.[cm]?tsx?$/.test(args.path) ? ('ts' satisfies Loader) : ('js' satisfies Loader) };
      });
    },
  };
}

function compileError(source: string, error: unknown): Error {
  const first = (error as BuildFailure).errors?.[0];
  if (first === undefined) return JobDoesNotCompile.error({ what: String(error), where: { file: source }, cause: error });
  const place = first.location === null ? source : `${resolve(first.location.file)}:${first.location.line}:${first.location.column + 1}`;
  const line = first.location === null ? '' : `\n    ${first.location.lineText.trim()}`;
  return JobDoesNotCompile.error({ what: `${first.text}${line}`, where: { definedAt: place }, cause: error });
}

/** Writes the bundle where it belongs, whole or not at all: other processes may be writing the same one. */
function keep(source: string, name: string, code: string): string {
  for (const folder of [cacheFolder(source), join(tmpdir(), `millrace-${userName()}`)]) {
    if (folder === undefined) continue;
    const target = join(folder, name);
    try {
      if (existsSync(target)) return target;
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const temporary = `${target}.${process.pid}`;
      writeFileSync(temporary, code, { mode: 0o600 });
      renameSync(temporary, target);
      return target;
    } catch {
      // Not writable: the next place.
    }
  }
  throw JobDoesNotCompile.error({ what: `the bundle of ${source} cannot be written anywhere`, where: { file: source }, remedy: 'Make the temporary folder writable.' });
}

function cacheFolder(source: string): string | undefined {
  try {
    for (let folder = dirname(source); ; folder = dirname(folder)) {
      const modules = join(folder, 'node_modules');
      if (existsSync(modules)) return join(modules, '.cache', 'millrace');
      if (dirname(folder) === folder) return undefined;
    }
  } catch {
    return undefined;
  }
}

function userName(): string {
  try {
    return userInfo().username.replaceAll(/[^\w-]/g, '_');
  } catch {
    return 'user';
  }
}
