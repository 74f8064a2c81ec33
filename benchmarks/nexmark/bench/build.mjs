import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const OUTPUT = fileURLToPath(new URL('../../../node_modules/.cache/millrace-bench', import.meta.url));

/** Bundles an entry beside this file, which is TypeScript, with the engine left outside; gives the path of the bundle. */
export async function bundle(entry) {
  mkdirSync(OUTPUT, { recursive: true });
  const outfile = `${OUTPUT}/nexmark-${entry}.mjs`;
  const engine = process.env['MILLRACE_BENCH_ENGINE'];
  await build({
    entryPoints: [fileURLToPath(new URL(`${entry}.ts`, import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    logLevel: 'error',
    ...(engine === undefined ? { external: ['millrace', 'millrace/spi'] } : { alias: { 'millrace': engine, 'millrace/spi': engine } }),
  });
  return outfile;
}
