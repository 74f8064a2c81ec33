// npm run recovery-check -- [--seed S] [--kills N] [--counts FILE]: the order-statistics example must commit the lines of its oracle
//   at parallelism 1 and 4, killed ten times at random and resumed, and stopped with a savepoint at parallelism 2 and
//   resumed at 3; each on both state backends. It runs the real command (`npm run build` first) and takes less than a minute.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { finish } from '../lib/finish.mjs';
import { counts, duration, table } from '../lib/report.mjs';
import { Job, millrace, until } from './lives.mjs';

/** Slow enough that every kill falls into the middle also on a busy machine; the last life reads as fast as it can. */
const ORDERS_PER_SECOND = 600;
/** So many of ten kills come a moment after a checkpoint of the killed life, the others at any time, also while it starts. */
const KILLS_IN_THE_MIDDLE = 7;

const { values } = parseArgs({ options: { seed: { type: 'string', default: String(Date.now() % 1_000_000) }, kills: { type: 'string', default: '10' }, counts: { type: 'string' } } });
const folder = mkdtempSync(join(tmpdir(), 'millrace-recovery-'));
const SCENARIOS = {
  '-p 1': (job) => untouched(job, 1),
  '-p 4': (job) => untouched(job, 4),
  'killed and resumed': killedAndResumed,
  'savepoint at -p 2, resumed at -p 3': savepointAndResumed,
};

const start = performance.now();
console.log(`recovery check with seed ${values.seed}; load ${loadavg()[0].toFixed(1)}`);
const rows = (await Promise.all(['heap', 'log'].map(playAll))).flat();
console.log(table(['job', 'backend', 'lives', 'lines', 'result', 'time'], rows.map(({ row }) => row)));
for (const { row, problem } of rows) if (problem !== undefined) console.log(`\n${row[0]}, ${row[1]}: ${problem}`);
const failed = rows.filter(({ problem }) => problem !== undefined).length;
if (failed === 0) rmSync(folder, { recursive: true, force: true });
else console.log(`\nkept for a look: ${folder}\nagain: npm run recovery-check -- --seed ${values.seed}`);
console.log(`in ${duration(performance.now() - start)}`);
finish(counts(rows.length - failed, failed));

async function playAll(backend) {
  const results = [];
  for (const [name, play] of Object.entries(SCENARIOS)) {
    const job = new Job(join(folder, `${backend}-${results.length}`), backend);
    const chance = randomFrom(Number(values.seed) + backend.length);
    const began = performance.now();
    const { lives, problem = job.wrongAtEnd() } = await play(job, chance);
    results.push({ problem, row: [name, backend, lives, job.committed(), problem === undefined ? 'exact' : 'WRONG', duration(performance.now() - began)] });
  }
  return results;
}

async function untouched(job, parallelism) {
  return { lives: '1', problem: failure(await job.start({ parallelism }).ended) };
}

async function killedAndResumed(job, chance) {
  const wanted = Number(values.kills);
  let early = 0;
  for (let kill = 0; kill < wanted; kill++) {
    const known = job.newestCheckpoint();
    const life = job.start({ parallelism: 1 + Math.floor(chance() * 4), rate: ORDERS_PER_SECOND });
    if (kill % 10 < KILLS_IN_THE_MIDDLE) await until(life, () => job.newestCheckpoint() > known);
    await passed(life, chance() * (kill % 10 < KILLS_IN_THE_MIDDLE ? 300 : 1200));
    life.kill();
    const end = await life.ended;
    if (end.signal !== 'SIGKILL') return { lives: String(kill + 1), problem: `life ${kill + 1} ended before it was killed: ${failure(end) ?? 'it had read everything'}` };
    if (job.newestCheckpoint() === known) early++;
    const wrong = job.wrongSoFar();
    if (wrong !== undefined) return { lives: String(kill + 1), problem: `after kill ${kill + 1}: ${wrong}` };
  }
  const shown = job.committed();
  // A restore commits what was finished before. Were there nothing, a job that begins anew each time would look exact.
  if (shown === 0) return { lives: String(wanted), problem: 'no life has committed a line before the last, so none has gone on from a checkpoint' };
  return { lives: `${wanted + 1}, ${early} killed before a checkpoint of their own, ${shown} lines before the last`, problem: failure(await job.start({ parallelism: 1 + Math.floor(chance() * 4) }).ended) };
}

async function savepointAndResumed(job) {
  const life = job.start({ parallelism: 2, rate: ORDERS_PER_SECOND });
  if (!(await until(life, () => job.newestCheckpoint() > 2))) return { lives: '1', problem: failure(await life.ended) ?? 'the first life had read everything before its third checkpoint' };
  const stop = await millrace(['stop', job.state, '--savepoint', `${job.output}-savepoints`]).ended;
  const first = await life.ended;
  const savepoint = stop.stdout.trim();
  const problem = failure(stop) ?? failure(first) ?? (existsSync(savepoint) ? job.wrongSoFar() : `there is no savepoint "${savepoint}"`);
  if (problem !== undefined) return { lives: '1', problem };
  if (job.committed() >= job.expected.length) return { lives: '1', problem: 'everything was committed before the stop' };
  return { lives: '2', problem: failure(await job.start({ parallelism: 3, state: `${job.state}-later`, resume: savepoint }).ended) };
}

/** Waits for so many milliseconds, at most until the process has ended. */
function passed(life, ms) {
  const end = performance.now() + ms;
  return until(life, () => performance.now() >= end);
}

/** Why an end is not a good one, in words; undefined when it is. */
function failure({ code, signal, stderr }) {
  return code === 0 ? undefined : `ended with ${signal === null ? `exit code ${code}` : `signal ${signal}`}:\n${stderr}`;
}

/** Numbers in 0 … 1, the same for the same seed. */
function randomFrom(seed) {
  let state = seed % 2_147_483_647 || 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
