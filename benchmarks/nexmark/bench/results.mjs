import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { machineLine } from '../../lib/machine.mjs';
import { jsonOf } from './report.mjs';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Keeps the lines of a run in `benchmarks/results`, behind one on the machine, the version and what `about` has. */
export function keep(name, about, lines) {
  const folder = `${ROOT}benchmarks/results`;
  mkdirSync(folder, { recursive: true });
  const takenAt = new Date().toISOString();
  const { version } = JSON.parse(readFileSync(`${ROOT}packages/millrace/package.json`, 'utf8'));
  const head = { machine: machineLine(), version, commit: commitOf(), takenAt, ...about };
  const text = [JSON.stringify(head), ...lines.map(jsonOf)].join('\n');
  const path = `${folder}/${name}-${takenAt.slice(0, 19).replaceAll(':', '')}.ndjson`;
  writeFileSync(path, `${text}\n`);
  process.stderr.write(`kept in ${path.slice(ROOT.length)}\n`);
}

function commitOf() {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { cwd: ROOT, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
