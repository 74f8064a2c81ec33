import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { REPOSITORY } from '../lib/paths.mjs';

/**
 * The modules that a package bundles for those who load it, by folder of the package: name of the bundle → source. Every
 * entry that is imported or started by its URL stands here: `new URL('./worker-main.js', import.meta.url)` in a source is
 * the bundle of that name, because all bundles of a package lie in one folder.
 */
export const BUNDLES = {
  core: { index: 'src/index.ts', spi: 'src/spi.ts', command: 'src/command.ts', testing: 'src/testing/index.ts', 'worker-main': 'src/worker-main.ts' },
  millrace: { main: 'src/cli/main.ts', coordinator: 'src/cli/coordinator.ts' },
};

/** Where the bundles lie, below `dist`; as deep as `dist/cli`, so that `../../` is the package from either. */
export const BUNDLE_FOLDER = 'bundle';

/**
 * Bundles the entries of all packages. What several entries need goes into chunks that they share, so that each module,
 * with its classes and registries, exists once, whichever entry it is reached by. Gives what esbuild says of the result.
 */
export async function bundlePackages(root = REPOSITORY) {
  // Not at the top: this file is loaded before anything is installed.
  const { build } = await import('esbuild');
  const metafiles = {};
  for (const [name, entryPoints] of Object.entries(BUNDLES)) {
    const folder = join(root, 'packages', name);
    const result = await build({
      absWorkingDir: folder,
      entryPoints,
      outdir: join('dist', BUNDLE_FOLDER),
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      packages: 'external',
      chunkNames: 'chunk-[hash]',
      sourcemap: 'linked',
      sourcesContent: false,
      metafile: true,
      write: false,
      logLevel: 'warning',
    });
    writeChanged(join(folder, 'dist', BUNDLE_FOLDER), result.outputFiles.map(({ path, text }) => ({ name: basename(path), text: path.endsWith('.js') ? withClassNames(text) : text })));
    metafiles[name] = result.metafile;
  }
  return metafiles;
}

/**
 * esbuild calls a class that speaks of itself `var X = class _X`, and `_X` is what users would read in traces and in what
 * `console.log` shows. Gives such classes their names back; a space keeps the columns of the source map. esbuild's
 * `keepNames` would do so as well, by a call for every function that is ever created.
 */
export function withClassNames(text) {
  const names = [...text.matchAll(/^var (\w+) = class _\1\b/gm)].map((match) => match[1]);
  return names.length === 0 ? text : text.replace(new RegExp(`(?<![\\w$.#])_(${names.join('|')})(?![\\w$])`, 'g'), '$1 ');
}

/** Leaves alone what is as it should be, so that a program that runs from there finds all its chunks, and removes what is none any more. */
function writeChanged(folder, files) {
  mkdirSync(folder, { recursive: true });
  // Chunks first: an entry never names one that is not there.
  const isChunk = ({ name }) => Number(name.startsWith('chunk-'));
  for (const { name, text } of files.toSorted((a, b) => isChunk(b) - isChunk(a))) {
    const target = join(folder, name);
    if (existsSync(target) && readFileSync(target, 'utf8') === text) continue;
    writeFileSync(`${target}.tmp`, text);
    renameSync(`${target}.tmp`, target);
  }
  const names = new Set(files.map(({ name }) => name));
  for (const name of readdirSync(folder)) if (!names.has(name)) rmSync(join(folder, name), { recursive: true });
}
