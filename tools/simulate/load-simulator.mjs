import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { REPOSITORY } from '../lib/paths.mjs';

const PARTS = ['scenario', 'scenario-run', 'simulate-seeds', 'canaries', 'prove-canaries'];

/** Bundles the simulator with the engine's present sources and imports it. */
export async function loadSimulator() {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-simulate-'));
  const outfile = join(folder, 'simulator.mjs');
  await build({
    stdin: { contents: PARTS.map((part) => `export * from './${part}.js';`).join('\n'), resolveDir: join(REPOSITORY, 'packages/core/src/testing/simulated-jobs') },
    outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20', sourcemap: 'inline', logLevel: 'warning',
  });
  try {
    return await import(pathToFileURL(outfile));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
