import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { REPOSITORY } from '../lib/paths.mjs';

const HERE = join(REPOSITORY, 'tools/kill-test-kafka');
const source = (path) => join(REPOSITORY, path);

/** Bundles the process that is killed, and what the test needs of it, with the present sources of engine and connector. */
export async function loadHost() {
  const folder = source(`node_modules/.cache/millrace-kill-test-kafka/${process.pid}`);
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: { host: join(HERE, 'host.mjs'), worker: join(HERE, 'worker.mjs'), job: join(HERE, 'job.mjs'), admin: source('packages/kafka/src/index.ts'), points: source('packages/core/src/base/reach-points.ts') },
    alias: { '@millrace/core': source('packages/core/src/index.ts'), '@millrace/core/spi': source('packages/core/src/spi.ts') },
    external: ['@kafkats/client', 'snappyjs', 'lz4js', 'fzstd'],
    outdir: folder, outExtension: { '.js': '.mjs' }, bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'warning',
  });
  const load = (name) => import(pathToFileURL(join(folder, `${name}.mjs`)));
  const { makeOrders, oracle } = await load('job');
  const { REACH_POINTS } = await load('points');
  const { kafkaAdmin } = await load('admin');
  return { folder, host: join(folder, 'host.mjs'), makeOrders, oracle, kafkaAdmin, points: REACH_POINTS };
}
