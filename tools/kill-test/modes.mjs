// What can go wrong besides a kill: processes that sleep, disks that fill up, checkpoint files that are damaged.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TestRun } from './test-run.mjs';

/** A run silent for longer is taken for dead. */
const SILENT_MS = 10_500;
const LIMIT_MS = 60_000;

/** A process is stopped (SIGSTOP) at a point, another takes over, the first wakes up: it stops with a code, and nothing of it is committed. */
export async function zombie(host, { point = 'before-rename', nth = 5 } = {}) {
  const run = new TestRun(host, 3000);
  const first = run.start({ parallelism: 2, workers: 2, rate: 1000, point, nth, signal: 'SIGSTOP' });
  if (!(await holds(() => run.reached().length > 0))) return failed(run, 'the process never came to the point at which it is stopped');
  await sleep(SILENT_MS);
  const second = run.start({ parallelism: 1, rate: 600 });
  const before = run.committedCount();
  if (!(await holds(() => run.committedCount() > before))) return failed(run, `the second process did not go on: ${(await endOf(second)).errors}`);
  first.child.kill('SIGCONT');
  const woken = await endOf(first);
  if (woken.code === 0 || woken.code === null || !/MR-2405/.test(woken.errors)) return failed(run, `the process that woke up ended with ${JSON.stringify(woken)}`);
  const wrong = run.wrongLines();
  if (wrong !== undefined) return failed(run, `after the first woke up: ${wrong}`);
  const end = await second.ended;
  if (end.code !== 0) return failed(run, `the second process ended with code ${end.code}:\n${end.errors}`);
  // What the first was just writing goes with the next start.
  const last = await run.run({});
  if (last.code !== 0) return failed(run, `a further run ended with code ${last.code}:\n${last.errors}`);
  return done(run);
}

/** The disk fills up in the middle: the job ends with a code; when there is room again it goes on, and nothing is wrong. */
export async function diskFull(host) {
  const run = new TestRun(host, 3000);
  const small = join(run.folder, 'disk');
  mkdirSync(small);
  const [state, output] = [join(small, 'state'), join(small, 'out')];
  // Without restarts, which would go on until there is room again.
  const plan = (settings) => JSON.stringify(run.plan({ options: { 'restart.strategy': 'none' }, parallelism: 2, workers: 2, backend: 'log', state, output, ...settings })).replaceAll("'", '');
  const node = `'${process.execPath}' '${host.host}'`;
  const mounted = `mount -t tmpfs -o size=160k tmpfs '${small}' && ${node} '${plan({})}'; echo "first code $?" >&2; mount -o remount,size=64m '${small}' && ${node} '${plan({})}'; echo "second code $?" >&2; cp -r '${output}' '${run.folder}/kept'`;
  const limited = `(ulimit -f 24; ${node} '${plan({})}'); echo "first code $?" >&2; ${node} '${plan({})}'; echo "second code $?" >&2; cp -r '${output}' '${run.folder}/kept'`;
  const mayMount = spawnSync('unshare', ['-rm', 'true']).status === 0;
  const { stderr } = mayMount ? spawnSync('unshare', ['-rm', 'sh', '-c', mounted], { encoding: 'utf8', timeout: LIMIT_MS }) : spawnSync('sh', ['-c', limited], { encoding: 'utf8', timeout: LIMIT_MS });
  if (!/first code 1/.test(stderr) || !/MR-\d{4}/.test(stderr.split('first code')[0])) return failed(run, `with a full disk (${mayMount ? 'tmpfs' : 'file-size limit'}):\n${stderr}`);
  if (!/second code 0/.test(stderr)) return failed(run, `with room again:\n${stderr}`);
  cpSync(join(run.folder, 'kept'), run.output, { recursive: true });
  return done(run);
}

/** Damaged files of the newest checkpoint: the job refuses to start, with a code, and goes on when they are whole again. */
export async function damagedFiles(host) {
  const run = new TestRun(host, 2400);
  await run.run({ parallelism: 2, workers: 2, rate: 2400, point: 'before-notify', nth: 4 });
  const names = readdirSync(run.state).filter((name) => /^(checkpoint-\d+\.json|state-\d+-\d+\.bin)$/.test(name)).sort();
  const newest = readFileSync(join(run.state, names.filter((name) => name.endsWith('.json')).at(-1)), 'utf8');
  for (const name of names.filter((each) => newest.includes(`"${each}"`) || newest.includes(each.replace(/checkpoint-(\d+).json/, '"checkpointId":$1,')))) {
    const path = join(run.state, name);
    const whole = readFileSync(path);
    for (const damage of [whole.subarray(0, whole.length >> 1), Buffer.alloc(0), flipped(whole)]) {
      writeFileSync(path, damage);
      const end = await run.run({});
      if (end.code !== 1 || !/MR-24\d\d/.test(end.errors)) return failed(run, `with ${name} damaged, a run ended with code ${end.code}:\n${end.errors}`);
      const wrong = run.wrongLines();
      if (wrong !== undefined) return failed(run, wrong);
      writeFileSync(path, whole);
    }
  }
  const last = await run.run({});
  if (last.code !== 0) return failed(run, `with whole files again:\n${last.errors}`);
  return done(run);
}

function flipped(bytes) {
  const copy = Buffer.from(bytes);
  copy[copy.length >> 1] ^= 4;
  return copy;
}

function done(run) {
  const problem = run.wrongEnd();
  if (problem === undefined) run.remove();
  return { problem, folder: run.folder };
}

function failed(run, problem) {
  return { problem, folder: existsSync(run.folder) ? run.folder : undefined };
}

async function holds(condition) {
  const deadline = Date.now() + LIMIT_MS;
  while (Date.now() < deadline) {
    if (condition()) return true;
    await sleep(20);
  }
  return false;
}

function endOf({ child, ended }) {
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  return ended.finally(() => clearTimeout(timer));
}
