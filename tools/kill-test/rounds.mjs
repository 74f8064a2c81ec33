import { TestRun } from './test-run.mjs';

/** Slow enough that a kill falls into the middle, fast enough for many rounds. */
const RECORDS = 2400;
const RECORDS_PER_SECOND = 2400;
const MOST_STARTS = 8;

/**
 * One job from its start to its end, killed on the way at a named point and at a random moment, each time resumed
 * elsewhere. Gives what is wrong, or undefined, and the points it was killed at.
 */
export async function playRound(host, round, chance) {
  const run = new TestRun(host, RECORDS);
  const kills = killsOf(host.points, round, chance);
  const problem = await play(run, kills, chance);
  const reached = run.reached();
  if (problem === undefined) run.remove();
  return { problem, reached, folder: run.folder };
}

/** Round n aims at the n-th point; a restore is killed only after something was saved, and then a second time. */
function killsOf(points, round, chance) {
  const point = points[round % points.length];
  const atPoint = { point, nth: 1 + Math.floor(chance() * (point.startsWith('during-restore') ? 1 : 4)) };
  const afterSave = { point: 'before-notify', nth: 1 + Math.floor(chance() * 4) };
  if (point.startsWith('during-restore')) return [afterSave, atPoint, { point, nth: 1 }];
  return chance() < 0.5 ? [atPoint, { afterMs: 300 + chance() * 1500 }] : [{ afterMs: 500 + chance() * 1200 }, atPoint];
}

async function play(run, kills, chance) {
  for (const { afterMs, ...settings } of kills) {
    const end = await run.run({ ...place(chance, settings.point), rate: RECORDS_PER_SECOND, ...settings }, afterMs);
    const wrong = run.wrongLines();
    if (wrong !== undefined) return `after ${JSON.stringify({ afterMs, ...settings })}: ${wrong}`;
    if (end.signal === null && end.code !== 0) return `a run ended with code ${end.code}:\n${end.errors}`;
    if (end.signal === null) break;
  }
  for (let start = 0; start < MOST_STARTS; start++) {
    const last = await run.run(place(chance));
    if (last.code === 0) return run.wrongEnd();
    if (last.signal === null || start === MOST_STARTS - 1) return `the last run ended with code ${last.code}, signal ${last.signal}:\n${last.errors}`;
  }
  return undefined;
}

/** Where a run takes place. Barriers are aligned only where an operator has several inputs. */
function place(chance, point) {
  const parallelism = Math.max(point === 'mid-alignment' || point === 'between-acks' ? 2 : 1, 1 + Math.floor(chance() * 3));
  return { parallelism, workers: 1 + Math.floor(chance() * parallelism), backend: chance() < 0.5 ? 'heap' : 'log' };
}
