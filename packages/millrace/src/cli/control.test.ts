/** Commands against running jobs: real processes, sockets, signals. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { COMMAND, endlessJob, Place, type Running } from './job-process.test-parts.js';

const ENGINE = new URL('../../dist/index.js', import.meta.url).href;

let place: Place;
let jobFile = '';
let runs = 0;
beforeAll(() => {
  place = new Place('control');
  jobFile = place.file('endless.ts', endlessJob('endless'));
});
afterEach(() => place.killAll());
afterAll(() => place.remove());

interface Listed {
  readonly id: string;
  readonly job: string;
  readonly state: string | null;
  readonly pid: number;
  readonly socket: string;
}

const listed = async (): Promise<Listed[]> => JSON.parse((await place.run(['list', '--json'])).out) as Listed[];

/** The first job of the list has all its subtasks open. */
const untilRunning = (): Promise<void> => expect.poll(async () => (await listed())[0]?.state, { timeout: 15_000 }).toBe('RUNNING');

interface Started extends Running {
  readonly id: string;
  readonly output: string;
  readonly checkpoints: string;
}

/** Starts the endless job with a checkpoint directory and waits until it runs. */
async function startJob(options: readonly string[] = [], environment: Record<string, string> = {}, file: string = jobFile): Promise<Started> {
  const number = ++runs;
  const output = join(place.folder, `out-${number}`);
  const checkpoints = join(place.folder, `state-${number}`);
  const running = place.start(['run', file, '--checkpoint-dir', checkpoints, '--checkpoint-interval', '100ms', ...options, '--', '--output', output], environment);
  const id = /id ([0-9a-f]{8})/.exec(await running.says(/running endless/))?.[1] ?? '';
  return { ...running, id, output, checkpoints };
}

const lines = (output: string): string[] => (existsSync(output) ? readdirSync(output) : []).filter((name) => !name.startsWith('.')).flatMap((name) => readFileSync(join(output, name), 'utf8').trim().split('\n'));

describe('a running job', { timeout: 60_000 }, () => {
  it('is listed, described and stopped, with what arrived committed and nothing of the socket left', async () => {
    const job = await startJob();
    await untilRunning();
    const [entry] = await listed();
    expect(entry).toMatchObject({ id: job.id, job: 'endless', state: 'RUNNING', pid: job.child.pid, checkpointDirectory: job.checkpoints });
    expect((statSync(entry?.socket ?? '').mode & 0o777).toString(8)).toBe('600');
    expect((statSync(join(job.checkpoints, 'control')).mode & 0o777).toString(8)).toBe('700');
    const { code, out } = await place.run(['list']);
    expect([code, out]).toEqual([0, expect.stringMatching(new RegExp(`ID +JOB +STATE.*\\n${job.id} +endless +`)) as string]);

    await expect.poll(async () => (JSON.parse((await place.run(['describe', job.id.slice(0, 4), '--json'])).out) as { checkpoints: { completed: number } }).checkpoints.completed, { timeout: 15_000 }).toBeGreaterThan(0);
    const text = await place.run(['describe', String(job.child.pid)]);
    expect(text.out).toMatch(/job: +endless \(id .*\nstate: +RUNNING for .*\nrecords: .* in .*\n.*\ncheckpoints: +the last, \d+/);
    expect(text.out).toMatch(/numbers → lines \[0\] +running/);
    expect(text.out).toMatch(/lines shows its rows when a file has been closed .* and then a checkpoint is complete: the last is/);

    const stopped = await place.run(['stop', job.checkpoints, '--json']);
    expect(stopped.code).toBe(0);
    expect(JSON.parse(stopped.out)).toMatchObject({ type: 'ended', job: 'endless', state: 'STOPPED', id: job.id });
    expect(await job.ended).toMatchObject({ code: 0, err: expect.stringMatching(/another command asks.*stopped endless/s) as string });
    expect(lines(job.output)).toHaveLength((JSON.parse(stopped.out) as { recordsIn: number }).recordsIn);
    expect(readdirSync(join(job.checkpoints, 'control'))).toEqual([]);
    expect(await listed()).toEqual([]);
  });

  it('is canceled at once, by its name or without one', async () => {
    const job = await startJob();
    expect((await place.run(['cancel'])).code).toBe(0);
    expect(await job.ended).toMatchObject({ code: 130, err: expect.stringMatching(/canceled by another command.*canceled endless/s) as string });
  });

  it('MR-3011 is told from another of its name, and found by its id', async () => {
    const [one, other] = await Promise.all([startJob(), startJob()]);
    const both = await place.run(['stop', 'endless']);
    expect([both.code, both.err]).toEqual([2, expect.stringMatching(new RegExp(`MR-3011.*${one.id}.*process ${other.child.pid}|MR-3011.*${other.id}.*process ${one.child.pid}`, 's')) as string]);
    expect((await place.run(['describe'])).err).toContain('MR-3011');
    expect((await place.run(['cancel', one.id])).code).toBe(0);
    expect((await listed()).map(({ id }) => id)).toEqual([other.id]);
    expect((await place.run(['cancel', String(other.child.pid)])).code).toBe(0);
    await Promise.all([one.ended, other.ended]);
  });

  it('MR-2353 MR-2354 that hangs is named so, and so is one that dies before its answer; what it leaves is removed', async () => {
    const job = await startJob();
    job.child.kill('SIGSTOP');
    expect(await listed()).toMatchObject([{ id: job.id, state: null }]);
    const hung = await place.run(['describe', '--timeout', '300ms']);
    expect([hung.code, hung.err]).toEqual([1, expect.stringContaining('MR-2353') as string]);
    // Node itself tells when the command has reached the socket, and so waits for an answer.
    const waiting = place.start(['stop', '--timeout', '20s'], { NODE_DEBUG: 'net' });
    await waiting.says(/afterConnect/);
    job.child.kill('SIGKILL');
    expect(await waiting.ended).toMatchObject({ code: 1, err: expect.stringContaining('MR-2354') as string });
    await job.ended;
    expect(readdirSync(join(job.checkpoints, 'control')).length).toBe(2);
    expect(await listed()).toEqual([]);
    expect(readdirSync(join(job.checkpoints, 'control'))).toEqual([]);
    expect((await place.run(['describe', job.checkpoints])).err).toMatch(/MR-3010.*no job is running on/s);
  });

  it('MR-2351 MR-2352 is not harmed by whatever comes through its socket', async () => {
    const job = await startJob();
    const [entry] = await listed();
    const say = (text: string | Buffer): Promise<string> => new Promise((resolve) => {
      let answer = '';
      const socket = connect(entry?.socket ?? '').on('data', (data) => (answer += data)).on('close', () => resolve(answer)).on('error', () => resolve(answer));
      socket.end(text);
    });
    expect(await say('GET / HTTP/1.1\r\n\r\n')).toContain('MR-2351');
    expect(await say(Buffer.from([0, 255, 10, 254, 10]))).toContain('MR-2351');
    expect(await say('{"millrace":99,"id":1,"do":"describe"}\n')).toContain('MR-2352');
    expect(await say('{"millrace":1,"id":1,"do":"descrbe"}\n')).toMatch(/MR-2351.*describe/);
    expect(await say('{"millrace":1,"id":1,"do":"constructor"}\n')).toContain('MR-2351');
    expect(await say('{"millrace":1,"id":1,"do":"stop","with":{"drian":true}}\n')).toMatch(/MR-2351.*drian/);
    expect(await say(`{"millrace":1,"id":1,"do":"describe","with":{"x":"${'x'.repeat(100_000)}"}}\n`)).toMatch(/MR-2351|^$/);
    expect(await say('{"millrace":1,"id":"half"')).toBe('');
    const many = Array.from({ length: 40 }, () => connect(entry?.socket ?? '').on('error', () => {}));
    const inState = (state: string): number => many.filter((socket) => socket.readyState === state).length;
    await expect.poll(() => [inState('open'), inState('closed')], { timeout: 15_000 }).toEqual([16, 24]);
    for (const socket of many) socket.destroy();
    await expect.poll(async () => (await place.run(['describe', '--json'])).code, { timeout: 15_000 }).toBe(0);
    expect((await place.run(['stop'])).code).toBe(0);
    expect((await job.ended).code).toBe(0);
  });

  it('is rescaled in its process, and counts every record once', async () => {
    const job = await startJob();
    await untilRunning();
    const done = await place.run(['rescale', '2', '--json']);
    expect([done.code, JSON.parse(done.out)]).toMatchObject([0, { type: 'rescaled', job: 'endless', parallelism: 2 }]);
    // Threads report four times a second, the new ones too.
    await expect.poll(async () => (JSON.parse((await place.run(['describe', '--json'])).out) as { subtasks: unknown[] }).subtasks).toHaveLength(2);
    expect(await place.run(['rescale', 'endless', '--operator', 'nmbers=3'])).toMatchObject({ code: 1, err: expect.stringMatching(/nmbers.*"numbers"/s) as string });
    expect((await place.run(['rescale', 'endless', '1', '--operator', 'numbers=2'])).code).toBe(0);
    for (const words of [['none'], ['endless', '0'], [], ['endless', '--operator', 'numbers']]) expect((await place.run(['rescale', ...words])).code).toBe(2);
    await place.run(['stop']);
    expect((await job.ended).code).toBe(0);
    const numbers = lines(job.output).map((line) => (JSON.parse(line) as { index: number }).index).sort((one, other) => one - other);
    expect(numbers).toEqual(numbers.map((_, index) => index));
  });

  it('gives savepoints, is stopped with one, and goes on from it as if nothing had been', async () => {
    const job = await startJob();
    await untilRunning();
    const taken = await place.run(['savepoint']);
    expect([taken.code, existsSync(taken.out.trim())]).toEqual([0, true]);
    expect(taken.out.trim().startsWith(job.checkpoints)).toBe(true);
    const savepoints = join(place.folder, 'savepoints');
    const stopped = await place.run(['stop', '--savepoint', 'savepoints']);
    expect([stopped.code, stopped.out.trim().startsWith(`${savepoints}/`)]).toEqual([0, true]);
    expect((await job.ended).code).toBe(0);
    const path = stopped.out.trim();
    expect((await place.run(['checkpoints', 'verify', path])).out).toMatch(/^savepoint .*: whole/);

    const next = place.start(['run', jobFile, '-p', '2', '--resume', path, '--checkpoint-dir', join(place.folder, 'state-next'), '--', '--output', job.output]);
    await next.says(/running endless/);
    await expect.poll(async () => (JSON.parse((await place.run(['describe', '--json'])).out) as { progress: { recordsIn: number } }).progress.recordsIn, { timeout: 15_000 }).toBeGreaterThan(0);
    expect((await place.run(['stop'])).code).toBe(0);
    expect((await next.ended).code).toBe(0);
    const numbers = lines(job.output).map((line) => (JSON.parse(line) as { index: number }).index).sort((one, other) => one - other);
    expect(numbers).toEqual(numbers.map((_, index) => index));

    expect(await place.run(['savepoint', '--dispose', job.checkpoints])).toMatchObject({ code: 1, err: expect.stringMatching(/MR-24\d\d.*no savepoint/s) as string });
    expect(await place.run(['savepoint', '--dispose', path])).toMatchObject({ code: 0, out: '', err: expect.stringContaining('deleted savepoint') as string });
    expect(existsSync(path)).toBe(false);
    expect((await place.run(['savepoint', 'endless', '--dispose', path])).code).toBe(2);
  });

  it('is watched until Ctrl-C, until the pipe closes, and until it ends', async () => {
    const job = await startJob();
    const watching = place.start(['describe', '--watch', '--json']);
    await watching.says(/\n.*\n/);
    watching.child.kill('SIGINT');
    expect((await watching.ended).code).toBe(130);
    const piped = place.start(['describe', '--watch']);
    await piped.says(/SUBTASK/);
    piped.child.stdout?.destroy();
    expect(await piped.ended).toMatchObject({ code: 0, err: '' });
    const toTheEnd = place.start(['describe', '--watch']);
    await toTheEnd.says(/SUBTASK/);
    await place.run(['stop']);
    expect(await toTheEnd.ended).toMatchObject({ code: 0, err: expect.stringContaining('endless has ended') as string });
    await job.ended;
  });
});

describe('where a job listens', { timeout: 60_000 }, () => {
  it('in the folder of its user, when its directory has too long a path or is open to others', async () => {
    const long = join(place.folder, 'x'.repeat(80));
    const open = join(place.folder, 'open');
    mkdirSync(join(open, 'control'), { recursive: true, mode: 0o755 });
    for (const directory of [long, open]) {
      const job = await startJob(['--checkpoint-dir', directory]);
      const [entry] = await listed();
      expect(entry?.socket).toBe(join(place.folder, 'millrace', `${job.child.pid}-${job.id}.sock`));
      expect((await place.run(['cancel', directory === long ? long : 'endless'])).code).toBe(0);
      await job.ended;
    }
  });

  it('MR-2350 nowhere, when there is no place: it runs all the same', async () => {
    const nowhere = place.file('no-folder', '');
    const job = await startJob(['--checkpoint-dir', join(place.folder, 'y'.repeat(80))], { XDG_RUNTIME_DIR: nowhere, TMPDIR: join(place.folder, 'z'.repeat(90)) });
    await job.says(/MR-2350/);
    job.child.kill('SIGINT');
    expect((await job.ended).code).toBe(130);
  });

  it('not at all with --no-control; a signal stops it with a last checkpoint, from which the next run goes on', async () => {
    const job = await startJob(['--no-control']);
    expect(await listed()).toEqual([]);
    const newest = (): number => Math.max(0, ...readdirSync(job.checkpoints).map((name) => Number(/^checkpoint-(\d+)\.json$/.exec(name)?.[1] ?? 0)));
    await expect.poll(newest, { timeout: 15_000 }).toBeGreaterThan(0);
    job.child.kill('SIGTERM');
    expect(await job.ended).toMatchObject({ code: 130, err: expect.stringContaining('stopped endless') as string });
    const before = lines(job.output).length;
    const next = place.start(['run', jobFile, '--checkpoint-dir', job.checkpoints, '--checkpoint-interval', '100ms', '--', '--output', job.output]);
    const last = newest();
    await next.says(/running endless/);
    // Between two of its own there are records.
    await expect.poll(newest, { timeout: 15_000 }).toBeGreaterThan(last + 1);
    next.child.kill('SIGINT');
    expect((await next.ended).code).toBe(130);
    const numbers = lines(job.output).map((line) => (JSON.parse(line) as { index: number }).index).sort((one, other) => one - other);
    expect(numbers.length).toBeGreaterThan(before);
    expect(numbers).toEqual(numbers.map((_, index) => index));
  });

  it('when a program says so', async () => {
    const job = place.file('own.mjs', `import { datagen, defineJob, discardSink } from ${JSON.stringify(ENGINE)};
export default defineJob({ name: 'own', build(env) { env.fromSource(datagen({ seed: 1, rate: 100, fields: (index) => ({ index }) })).sinkTo(discardSink()); } });`);
    const program = place.node([place.file('program.mjs', `import { runJob } from ${JSON.stringify(ENGINE)};
const job = await runJob(${JSON.stringify(new URL(`file://${job}`).href)}, { control: true });
console.log('id', job.id);
console.log((await job.done).state);`)]);
    const id = /id ([0-9a-f]{8})/.exec(await program.says(/id [0-9a-f]{8}/))?.[1] ?? '';
    expect(await listed()).toMatchObject([{ id, job: 'own' }]);
    expect((await place.run(['stop', 'own'])).code).toBe(0);
    expect(await program.ended).toMatchObject({ code: 0, out: expect.stringContaining('FINISHED') as string });
    expect(readdirSync(join(place.folder, 'millrace'))).toEqual([]);
  });
});

describe('what cannot be found', { timeout: 60_000 }, () => {
  it('MR-3009 MR-3010 is said with what there is', async () => {
    expect(await place.run(['stop'])).toMatchObject({ code: 1, out: '', err: expect.stringContaining('MR-3009') as string });
    expect(await place.run(['list'])).toMatchObject({ code: 0, out: '', err: 'no job is running\n' });
    expect(await place.run(['describe', './nowhere'])).toMatchObject({ code: 2, err: expect.stringContaining('MR-3010') as string });
    const job = await startJob();
    expect(await place.run(['describe', 'endles'])).toMatchObject({ code: 2, err: expect.stringMatching(/MR-3010.*"endless"/s) as string });
    mkdirSync(join(place.folder, 'endlss'));
    expect(await place.run(['savepoint', 'endlss'])).toMatchObject({ code: 2, err: expect.stringMatching(/MR-3010.*nor one on the directory.*did you mean "endless"/is) as string });
    expect(await place.run(['stop', '--timeout', 'soon'])).toMatchObject({ code: 2, err: expect.stringContaining('MR-1004') as string });
    expect(await place.run(['stop', '--drian'])).toMatchObject({ code: 2, err: expect.stringContaining('MR-3004') as string });
    expect(await place.run(['list', '--', 'x'])).toMatchObject({ code: 2, err: expect.stringContaining('MR-3004') as string });
    await place.run(['cancel']);
    await job.ended;
  });

  it('MR-2355 is said of an entry behind which nobody listens, and the list removes it', async () => {
    const folder = join(place.folder, 'millrace');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const name = `${process.pid}-0123abcd`;
    const entry = { millrace: 1, id: '0123abcd', name: 'ghost', pid: process.pid, host: (await import('node:os')).hostname(), socket: join(folder, `${name}.sock`), startedAt: 0 };
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(entry));
    expect(await place.run(['describe', 'ghost'])).toMatchObject({ code: 1, err: expect.stringContaining('MR-2355') as string });
    expect(await listed()).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is answered with help', async () => {
    const { code, out } = await place.node([COMMAND, 'stop', '--help']).ended;
    expect([code, out]).toEqual([0, expect.stringMatching(/stop \[options\] \[JOB\].*--timeout/s) as string]);
  });
});
