/** Jobs in real worker threads that lose a worker, or are given other workers, while records flow. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const COMMAND = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url));
const ENGINE = new URL('../../dist/index.js', import.meta.url).href;

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-restarts-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function node(words: readonly string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [...words]);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => (stdout += data));
  child.stderr.on('data', (data) => (stderr += data));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

const COUNT = 24_000;

/**
 * A job that numbers the records of each key and writes them exactly once. At one record it does something bad, once: a
 * file remembers that it was done.
 */
function job(name: string, deed: string): { readonly file: string; readonly output: string; readonly checkpoints: string } {
  const output = join(folder, `${name}-out`);
  const marker = join(folder, `${name}-done`);
  const file = join(folder, `${name}.mjs`);
  mkdirSync(output, { recursive: true });
  writeFileSync(file, `
    import { existsSync, writeFileSync } from 'node:fs';
    import { defineJob, datagen, fileSink, gen, json, state, t } from ${JSON.stringify(ENGINE)};
    const once = (deed) => { if (existsSync(${JSON.stringify(marker)})) return; writeFileSync(${JSON.stringify(marker)}, ''); deed(); };
    const hoard = [];
    export default defineJob({ name: 'numbers', build(env) {
      env.fromSource(datagen({ ${name === 'rescale' ? 'rate: 4000' : `count: ${COUNT}, rate: 20_000`}, fields: { n: gen.sequence(0) } }), { uid: 'numbers' })
        .keyBy(({ n }) => n % 40)
        .process({
          state: { seen: state.value(t.number) },
          processElement({ n }, { state }, out) {
            const number = (state.seen.value() ?? 0) + 1;
            state.seen.update(number);
            if (number === ${COUNT / 80} && n % 40 === 7) once(() => { ${deed} });
            out.collect({ key: n % 40, number });
          },
        }, { uid: 'numbered', name: 'numbered' })
        .sinkTo(fileSink({ path: ${JSON.stringify(output)}, format: json(), rollAfter: '200 ms' }), { uid: 'sink' });
    } });`);
  return { file, output, checkpoints: join(folder, `${name}-checkpoints`) };
}

/** Each key has had every number from 1 on exactly once; gives how many there are. */
function expectExact(output: string): number {
  const numbers = new Map<number, number[]>();
  for (const file of readdirSync(output)) {
    expect(file).not.toMatch(/^\./);
    for (const line of readFileSync(join(output, file), 'utf8').split('\n').filter(Boolean)) {
      const { key, number } = JSON.parse(line) as { readonly key: number; readonly number: number };
      numbers.set(key, [...(numbers.get(key) ?? []), number]);
    }
  }
  for (const list of numbers.values()) expect(list.sort((a, b) => a - b)).toEqual(list.map((_, index) => index + 1));
  return [...numbers.values()].reduce((sum, list) => sum + list.length, 0);
}

/** Runs a job by `runJob` with more options, and shows its failures. */
function run(name: string, { file, checkpoints }: ReturnType<typeof job>, options: string, meanwhile = ''): Promise<Outcome> {
  const script = join(folder, `${name}-run.mjs`);
  writeFileSync(script, `
    import { runJob } from ${JSON.stringify(ENGINE)};
    const options = { 'checkpoint.dir': ${JSON.stringify(checkpoints)}, 'checkpoint.interval': 100, 'restart.delay': 20, ${options} };
    const job = await runJob(${JSON.stringify(file)}, { parallelism: ${name === 'rescale' ? 1 : 2}, workers: 3, options${name === 'memory' ? ', limits: { maxOldGenerationSizeMb: 64 }' : ''} });
    const flowing = async (more) => { const from = job.progress().recordsIn; while (job.progress().recordsIn < from + more) await new Promise((go) => setTimeout(go, 10)); };
    ${meanwhile}
    const { state } = await job.done;
    const { restarts, failures, parallelism, checkpoints } = job.describe();
    console.log(JSON.stringify({ state, restarts, failures, parallelism, completed: checkpoints.completed }));`);
  return node([script]);
}

const told = ({ stdout, stderr }: Outcome): { readonly restarts: number; readonly failures: readonly { readonly code: string; readonly message: string; readonly scope: string }[]; readonly parallelism: number } => {
  expect(stdout, stderr).not.toBe('');
  return JSON.parse(stdout) as ReturnType<typeof told>;
};

describe('a job whose worker is lost goes on from its newest checkpoint, and its committed output is exact', { timeout: 60_000 }, () => {
  it.each([
    ['exit', 'process.exit(3);', '', /worker \d has ended with code 3/],
    ['rejection', "void Promise.reject(new Error('nobody waits'));", '', /nobody handled a rejected promise: Error: nobody waits/],
    ['uncaught', "setTimeout(() => { throw new RangeError('too late'); }, 0);", '', /nobody caught an error: RangeError: too late/],
    ['memory', 'for (;;) hoard.push(new Array(1000).fill(number));', '', /reached the limit of its heap/],
    ['loop', 'for (;;);', "'watchdog.warnAfter': 200, 'watchdog.failAfter': 600,", /has not answered for .* inside of numbered/],
  ])('after %s', async (name, deed, options, message) => {
    const victim = job(name, deed);
    const { restarts, failures } = told(await run(name, victim, options));
    expect(restarts).toBe(1);
    expect(failures[0]?.message).toMatch(message);
    expect(failures[0]?.code).toBe(name === 'loop' ? 'MR-2309' : 'MR-2307');
    expect(expectExact(victim.output)).toBe(COUNT);
  });

  it('of a job in lanes: only the lane starts again', async () => {
    const lanes = job('lanes', '');
    const marker = join(folder, 'lanes-done');
    writeFileSync(lanes.file, `
      import { existsSync, writeFileSync } from 'node:fs';
      import { defineJob, datagen, fileSink, gen, json } from ${JSON.stringify(ENGINE)};
      export default defineJob({ name: 'lanes', build(env) {
        env.fromSource(datagen({ count: 16_000, rate: 4000, fields: { n: gen.sequence(0) } }), { uid: 'numbers' })
          .map(({ n }) => {
            if (n === 12_000 && !existsSync(${JSON.stringify(marker)})) {
              writeFileSync(${JSON.stringify(marker)}, '');
              process.exit(3);
            }
            return { key: 0, number: n + 1 };
          })
          .sinkTo(fileSink({ path: ${JSON.stringify(lanes.output)}, format: json() }), { uid: 'sink' });
      } });`);
    const { restarts, failures } = told(await run('lanes', lanes, "'restart.failover': 'region',"));
    expect({ restarts, scopes: failures.map(({ scope }) => scope) }).toEqual({ restarts: 1, scopes: ['region'] });
    expect(expectExact(lanes.output)).toBe(16_000);
  });

  it('on the command line, which shows what failed and how it goes on', async () => {
    const victim = job('command', "throw new TypeError('no such thing');");
    const outcome = await node([COMMAND, 'run', victim.file, '-p', '2', '--checkpoint-dir', victim.checkpoints, '--checkpoint-interval', '100 ms', '--restart-delay', '20 ms']);
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.stderr).toMatch(/failure 1: MR-2001, .*TypeError: no such thing.* The job goes on from (checkpoint \d+|the start) in \d+ ms/);
    expect(expectExact(victim.output)).toBe(COUNT);
  });
});

describe('rescaling a running job in real threads', { timeout: 60_000 }, () => {
  it('1 → 3 → 2 while records flow: the committed output is exact', async () => {
    const numbers = job('rescale', '');
    const { restarts, parallelism } = told(await run('rescale', numbers, '', `
      await flowing(3000); await job.rescale(3); await flowing(4000); await job.rescale(2); await flowing(1000); await job.stop();
    `));
    expect({ restarts, parallelism }).toEqual({ restarts: 0, parallelism: 2 });
    expect(expectExact(numbers.output)).toBeGreaterThan(8000);
  });
});
