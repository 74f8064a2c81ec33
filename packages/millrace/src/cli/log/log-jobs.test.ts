/** Jobs between event logs in real processes and worker threads, killed in the middle. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Place, type Running } from '../job-process.test-parts.js';

const COUNT = 12_000;
const KEYS = 5;
const START = 1_772_445_600_000;

let place: Place;
beforeAll(() => {
  place = new Place('log-jobs');
});
afterAll(() => place.remove());

/** Lines → log, slow enough to be killed in the middle. */
const FILL = `import { arg, defineJob, fileSource, json, t } from 'millrace';
import { eventLogSink } from '@millrace/event-log';
export default defineJob({ name: 'fill', args: { input: arg.path(), log: arg.path() }, build(env, args) {
  env.fromSource(fileSource({ path: args.input, format: json(t.struct({ n: t.number, at: t.number })), rate: 6000, splitBytes: 65536 }), { name: 'lines', uid: 'lines' })
    .sinkTo(eventLogSink({ directory: args.log, format: json(), key: ({ n }) => String(n % ${KEYS}), create: { partitions: 3, segmentBytes: 65536 } }), { name: 'log', uid: 'log' });
} });
`;

/** Log → windows → log. Each partition is in order; only watermarks of its own keep what is read later from being late. */
const COUNTS = `import { arg, defineJob, json, monotonousTimestamps, sum, t, tumblingEventTime } from 'millrace';
import { eventLogSink, eventLogSource } from '@millrace/event-log';
const slow = (): void => { for (const until = performance.now() + 0.15; performance.now() < until; ); };
export default defineJob({ name: 'counts', args: { from: arg.path(), to: arg.path() }, build(env, args) {
  env.fromSource(eventLogSource({ directory: args.from, format: json(t.struct({ n: t.number, at: t.number })), until: 'latest' }), { name: 'log', uid: 'log', watermarks: monotonousTimestamps(({ at }) => at) })
    .map((row) => { slow(); return { key: row.n % ${KEYS}, one: 1, total: row.n }; }, { name: 'slow', uid: 'slow' })
    .keyBy('key')
    .window(tumblingEventTime('1 s'), { uid: 'windows' })
    .aggregate({ records: sum('one'), total: sum('total') }, (row, { key, window }) => ({ key, from: window.start, ...row }))
    .sinkTo(eventLogSink({ directory: args.to, format: json(), create: { partitions: 2 } }), { name: 'results', uid: 'results' });
} });
`;

async function values(directory: string): Promise<unknown[]> {
  const { code, out, err } = await place.run(['log', 'read', directory]);
  expect(code, err).toBe(0);
  return out.split('\n').filter(Boolean).map((line) => JSON.parse(line) as unknown);
}

/** Starts the job, kills it when the log holds something, and lets it go on to its end. */
async function killedAndResumed(start: () => Running, directory: string): Promise<number> {
  const first = start();
  while (first.child.exitCode === null && !(existsSync(join(directory, 'p-00000')) && (await place.run(['log', 'read', directory, '--limit', '1'])).out !== '')) await new Promise((resolve) => setTimeout(resolve, 30));
  first.child.kill('SIGKILL');
  await first.ended;
  const there = (await values(directory)).length;
  const { code, err } = await start().ended;
  expect(code, err).toBe(0);
  return there;
}

describe('jobs on event logs at parallelism 2', { timeout: 120_000 }, () => {
  it('file → log → windows → log: killed with -9 in the middle of both, every record is there once', async () => {
    const input = place.file('rows.ndjson', Array.from({ length: COUNT }, (_, n) => `{"n":${n},"at":${START + n}}\n`).join(''));
    const [one, two] = [join(place.folder, 'one'), join(place.folder, 'two')];
    const options = (name: string): string[] => ['-p', '2', '--checkpoint-dir', join(place.folder, `${name}-state`), '--checkpoint-interval', '100 ms'];
    const fill = place.file('fill.ts', FILL);
    const filled = await killedAndResumed(() => place.start(['run', fill, ...options('fill'), '--', '--input', input, '--log', one]), one);
    expect(filled).toBeGreaterThan(0);
    expect(filled).toBeLessThan(COUNT);
    expect((await values(one) as { n: number }[]).map(({ n }) => n).sort((left, right) => left - right)).toEqual(Array.from({ length: COUNT }, (_, n) => n));
    // Each partition is read in order of time within a split only: what a file's two readers wrote is put in order first.
    const ordered = join(place.folder, 'ordered');
    await place.run(['log', 'create', ordered, '-p', '3', '--segment-bytes', '65536']);
    expect((await place.run(['log', 'append', ordered, '--file', input, '--timestamp-field', 'at'])).code).toBe(0);
    const counts = place.file('counts.ts', COUNTS);
    await killedAndResumed(() => place.start(['run', counts, ...options('counts'), '--', '--from', ordered, '--to', two]), two);
    const expected = new Map<string, { key: number; from: number; records: number; total: number }>();
    for (let n = 0; n < COUNT; n++) {
      const row = { key: n % KEYS, from: START + Math.floor(n / 1000) * 1000, records: 0, total: 0 };
      const window = expected.get(`${row.key} ${row.from}`) ?? row;
      expected.set(`${row.key} ${row.from}`, { ...window, records: window.records + 1, total: window.total + n });
    }
    const text = (row: unknown): string => JSON.stringify(row, ['key', 'from', 'records', 'total']);
    expect((await values(two)).map(text).sort()).toEqual([...expected.values()].map(text).sort());
    for (const log of [one, two]) {
      expect((await place.run(['log', 'verify', log])).code).toBe(0);
      expect(readdirSync(join(log, 'staging'))).toEqual([]);
    }
  });

  it('a full disk (a limit on the size of files) ends the writer by its code; nothing that was there is lost, and it goes on with room', async () => {
    const log = join(place.folder, 'limited');
    await place.run(['log', 'create', log]);
    const command = JSON.stringify(process.argv[0]);
    const bin = JSON.stringify(new URL('../../../bin/millrace.js', import.meta.url).pathname);
    const script = place.file('full.mjs', `import { spawnSync } from 'node:child_process';
      const { status, stderr } = spawnSync('bash', ['-c', 'ulimit -f 512; yes 0123456789012345678901234567890123456789 | head -40000 | ' + ${JSON.stringify(`${command} ${bin} log append ${JSON.stringify(log)}`)}], { encoding: 'utf8' });
      console.log(status, stderr);`);
    const { out } = await place.node([script]).ended;
    expect(out).toMatch(/^1 .*MR-4114/s);
    const before = (await place.run(['log', 'read', log])).out;
    expect(before.length).toBeGreaterThan(0);
    expect(before.replaceAll('0123456789012345678901234567890123456789\n', '')).toBe('');
    const more = place.file('more.txt', 'room again\n');
    expect((await place.run(['log', 'append', log, '--file', more])).code).toBe(0);
    expect((await place.run(['log', 'read', log])).out).toBe(`${before}room again\n`);
  });

  it('another process tails over the roll of many segments and misses nothing', async () => {
    const log = join(place.folder, 'rolled');
    await place.run(['log', 'create', log, '--segment-bytes', '4096']);
    const tail = place.start(['log', 'tail', log, '--from', 'earliest', '--limit', '20000']);
    const lines = Array.from({ length: 20_000 }, (_, n) => `line ${n}`).join('\n');
    expect((await place.run(['log', 'append', log, '--file', place.file('lines.txt', lines)])).code).toBe(0);
    expect(await tail.ended).toMatchObject({ code: 0, out: `${lines}\n`, err: '' });
  });
});
