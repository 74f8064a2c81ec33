import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Loader, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild';

const RESOLVED = Symbol('resolved');
const TYPESCRIPT = /\.[cm]?tsx?$/;

/** Every import of a package becomes an absolute file URL, resolved from where it stands. */
export function packagesStayOutside(): Plugin {
  return {
    name: 'packages-stay-outside',
    setup(bundler: PluginBuild): void {
      bundler.onResolve({ filter: /^[^./]/ }, (args) => resolvePackage(bundler, args));
    },
  };
}

async function resolvePackage(bundler: PluginBuild, args: OnResolveArgs): Promise<OnResolveResult | undefined> {
  if (args.pluginData === RESOLVED || args.kind === 'entry-point') return undefined;
  if (isBuiltin(args.path) || /^[a-z]{2,}:/.test(args.path)) return { path: args.path, external: true };
  const found = await bundler.resolve(args.path, { kind: args.kind, resolveDir: args.resolveDir, importer: args.importer, pluginData: RESOLVED });
  if (found.errors.length > 0) {
    const own = ownCopy(args.path);
    return own === undefined ? { errors: found.errors } : { path: own, external: true };
  }
  if (found.external) return found;
  // Node cannot import TypeScript: a linked package of the same repository, or a path of the tsconfig, is the job's own.
  if (TYPESCRIPT.test(found.path) || (args.path.startsWith('#') && !found.path.includes('/node_modules/'))) return found;
  return { path: pathToFileURL(found.path).href, external: true };
}

/** A job without a `millrace` of its own uses the one of the command. */
function ownCopy(specifier: string): string | undefined {
  if (!/^(millrace|@millrace\/core|@millrace\/event-log)(\/|$)/.test(specifier)) return undefined;
  try {
    return import.meta.resolve(specifier);
  } catch {
    return undefined;
  }
}

/** What `import.meta` is called in the bundle; each module has one of its own. */
export const META_NAME = 'millraceImportMeta';

const LOADERS: Readonly<Record<string, Loader>> = { '.tsx': 'tsx', '.jsx': 'jsx', '.js': 'js', '.mjs': 'js', '.cjs': 'js' };

/** `import.meta.url` and its kin keep speaking of the source file, not of the bundle. */
export function importMetaOfTheSource(): Plugin {
  return {
    name: 'import-meta-of-the-source',
    setup(bundler: PluginBuild): void {
      bundler.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        if (!text.includes('import.meta')) return undefined;
        return { contents: withMeta(text, path), loader: LOADERS[extname(path)] ?? 'ts' };
      });
    },
  };
}

/** Puts the object before the first statement without a line of its own, so that the lines of errors stay right. */
function withMeta(text: string, path: string): string {
  const url = pathToFileURL(path).href;
  const values = `url: ${JSON.stringify(url)}, filename: ${JSON.stringify(path)}, dirname: ${JSON.stringify(dirname(path))}`;
  // Packages are looked up as the source would do it; anything else is relative to the source.
  const resolve = 'resolve(s) { return /^(\\.{0,2}\\/|[a-z]{2,}:)/.test(s) ? new URL(s, this.url).href : '
    + 'process.getBuiltinModule("node:url").pathToFileURL(process.getBuiltinModule("node:module").createRequire(this.url).resolve(s)).href; }';
  const meta = `var ${META_NAME} = { ${values}, ${resolve} };`;
  const hashbang = /^#!.*\n/.exec(text)?.[0] ?? '';
  return `${hashbang}${meta}${text.slice(hashbang.length)}`;
}
