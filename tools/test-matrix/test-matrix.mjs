// npm run test:matrix: runs the unit tests on other versions of Node; `npm run test:matrix -- 22` on one of them.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { finish } from '../lib/finish.mjs';
import { REPOSITORY } from '../lib/paths.mjs';
import { counts, duration } from '../lib/report.mjs';
import { binScript, npm, run } from '../lib/run.mjs';
import { setUp } from '../setup/set-up.mjs';
import { nodePackage } from './node-package.mjs';

const VERSIONS = ['22', '24'];

/** Installs one version of Node into the cache folder and gives the path of its binary. */
async function nodeBinary(version) {
  const folder = join(REPOSITORY, '.cache', 'node', version);
  const name = nodePackage();
  const binary = join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  console.log(`Fetching Node ${version} …`);
  const { code, stdout, stderr } = await npm(['install', `${name}@${version}`, '--ignore-scripts', '--prefer-offline', '--no-save', '--prefix', folder], { cwd: folder });
  if (code !== 0 || !existsSync(binary)) throw new Error(`could not install ${name}@${version}:\n${stdout}${stderr}`);
  return binary;
}

async function main() {
  const chosen = process.argv.slice(2).filter((word) => /^\d+/.test(word));
  await setUp((text) => console.log(text));
  let failed = 0;
  const versions = chosen.length > 0 ? chosen : VERSIONS;
  for (const version of versions) {
    const binary = await nodeBinary(version);
    const { stdout } = await run(binary, ['--version']);
    console.log(`\n== unit tests on Node ${stdout.trim()}`);
    const start = performance.now();
    const { code } = await run(binary, [binScript('vitest'), 'run', '--reporter=dot'], { echo: true });
    if (code !== 0) failed += 1;
    console.log(`== Node ${stdout.trim()}: ${code === 0 ? 'passed' : 'FAILED'} in ${duration(performance.now() - start)}`);
  }
  finish(counts(versions.length - failed, failed));
}

await main();
