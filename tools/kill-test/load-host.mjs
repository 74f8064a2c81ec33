import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { REPOSITORY } from '../lib/paths.mjs';

const HERE = join(REPOSITORY, 'tools/kill-test');

/** Bundles the process that is killed, and what the test needs of it, with the engine's present sources. */
export async function loadHost() {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-kill-host-'));
  await build({
    entryPoints: { host: join(HERE, 'host.mjs'), worker: join(HERE, 'worker.mjs'), job: join(HERE, 'job.mjs'), points: join(REPOSITORY, 'packages/core/src/base/reach-points.ts') },
    outdir: folder, outExtension: { '.js': '.mjs' }, bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'warning',
  });
  const { makeReadings, oracle } = await import(pathToFileURL(join(folder, 'job.mjs')));
  const { REACH_POINTS } = await import(pathToFileURL(join(folder, 'points.mjs')));
  return { folder, host: join(folder, 'host.mjs'), makeReadings, oracle, points: REACH_POINTS };
}
