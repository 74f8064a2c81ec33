import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundle } from './build.mjs';
import { inFreshProcess } from './processes.mjs';

const FOLDER = fileURLToPath(new URL('../../.profiles', import.meta.url));
/** Functions shown of each query. */
const SHOWN = 18;

/** Runs the engine alone under V8's profiler, query by query, and shows where its time went. The files open in the usual tools. */
export async function profile({ queries, case: options }) {
  const script = await bundle('case');
  mkdirSync(FOLDER, { recursive: true });
  for (const query of queries) {
    const folder = `${FOLDER}/${query}`;
    rmSync(folder, { recursive: true, force: true });
    await inFreshProcess(script, { ...options, queries: [query], mode: 'engine' }, { flags: ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=500'] });
    const [file] = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'));
    process.stdout.write(`\n${query}: benchmarks/.profiles/${query}/${file}\n${hottest(`${folder}/${file}`)}\n`);
  }
}

function hottest(path) {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(path, 'utf8'));
  const names = new Map(nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [id, `${functionName || '(anonymous)'}  ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`]));
  const times = new Map();
  let total = 0;
  samples.forEach((id, at) => {
    const name = names.get(id);
    if (name.startsWith('(idle)')) return;
    times.set(name, (times.get(name) ?? 0) + timeDeltas[at]);
    total += timeDeltas[at];
  });
  const sorted = [...times].sort(([, left], [, right]) => right - left).slice(0, SHOWN);
  return sorted.map(([name, time]) => `  ${((time / total) * 100).toFixed(1).padStart(5)} %  ${name}`).join('\n');
}
