import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
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
  folder = mkdtempSync(join(tmpdir(), 'millrace-workers-'));
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

/** Writes a job whose map function does something bad at one record, and runs it in two workers. */
async function victim(name: string, deed: string): Promise<Outcome> {
  const output = join(folder, `${name}-out`);
  writeFileSync(join(folder, `${name}.ts`), `
    import { defineJob, fileSink, json } from 'millrace';
    export default defineJob({ name: 'victim', build(env) {
      env.fromSequence(1, 400_000).keyBy((n) => n % 10).map((n) => { if (n === 50_000) { ${deed} } return { n }; })
        .sinkTo(fileSink({ path: ${JSON.stringify(output)}, format: json() }));
    } });`);
  mkdirSync(output, { recursive: true });
  const outcome = await node([COMMAND, 'run', join(folder, `${name}.ts`), '-p', '2']);
  expect(readdirSync(output).filter((file) => !file.startsWith('.'))).toEqual([]);
  return outcome;
}

describe('a worker that dies ends the command with a code that says how, and nothing is committed', { timeout: 60_000 }, () => {
  it('by process.exit', async () => {
    const { code, stderr } = await victim('exit', 'process.exit(3);');
    expect(code).toBe(1);
    expect(stderr).toMatch(/MR-2307 .*worker \d has ended with code 3: code of the job called process\.exit/);
  });

  it('by an error in a function, with its operator and place', async () => {
    const { code, stderr } = await victim('throw', "throw new TypeError('no such thing');");
    expect(code).toBe(1);
    expect(stderr).toMatch(/MR-2001 .*TypeError: no such thing at the record 50000/);
    expect(stderr).toMatch(/defined at .*throw\.ts:4/);
  });

  it('by an error that nobody caught', async () => {
    const { code, stderr } = await victim('late', "setTimeout(() => { throw new RangeError('too late'); }, 0);");
    expect(code).toBe(1);
    expect(stderr).toMatch(/MR-2307 .*nobody caught an error: RangeError: too late/);
  });

  it('by a rejection that nobody handled', async () => {
    const { code, stderr } = await victim('reject', "void Promise.reject(new Error('nobody waits'));");
    expect(code).toBe(1);
    expect(stderr).toMatch(/MR-2307 .*nobody handled a rejected promise: Error: nobody waits/);
  });
});

describe('runJob', { timeout: 60_000 }, () => {
  /** Runs a script that has `runJob` and the URL of a job at hand. */
  function script(name: string, job: string, body: string): Promise<Outcome> {
    const jobFile = join(folder, `${name}-job.mjs`);
    writeFileSync(jobFile, `import { defineJob, arg } from ${JSON.stringify(ENGINE)};\n${job}`);
    writeFileSync(join(folder, `${name}.mjs`), `import { runJob } from ${JSON.stringify(ENGINE)};\nconst url = new URL('./${name}-job.mjs', import.meta.url);\n${body}`);
    return node([join(folder, `${name}.mjs`)]);
  }

  it('runs a job with arguments in two threads, and hands its rows over', async () => {
    const outcome = await script('sum', `
      export default defineJob({ name: 'sums', args: { last: arg.number() }, build(env, { last }) {
        env.fromSequence(1, last).keyBy((n) => n % 4).map((n) => ({ n, thread: process.getuid && 1 })).print();
      } });`, `
      let sum = 0;
      await using_();
      async function using_() {
        const job = await runJob(url, { parallelism: 2, workers: 2, args: { last: 10_000 }, onPrint: (text, row) => { sum += row.n; } });
        const result = await job.done;
        console.log(JSON.stringify({ sum, recordsIn: result.recordsIn, recordsOut: result.recordsOut, subtasks: job.describe().subtasks.length, metric: job.metrics().some((m) => m.name === 'numRecordsIn') }));
        await job[Symbol.asyncDispose]();
      }`);
    expect(outcome.stderr).toBe('');
    expect(JSON.parse(outcome.stdout)).toEqual({ sum: 50_005_000, recordsIn: 10_000, recordsOut: 10_000, subtasks: 4, metric: true });
  });

  it('fails when a worker uses up its memory', async () => {
    const outcome = await script('memory', `
      export default defineJob({ name: 'memory', build(env) {
        const hoard = [];
        env.fromSequence(1, 10_000).keyBy((n) => n % 4).map((n) => { while (n === 5_000) hoard.push(new Array(1000).fill(n)); return n; }).print();
      } });`, `
      const job = await runJob(url, { parallelism: 2, workers: 2, onPrint() {}, limits: { maxOldGenerationSizeMb: 128 } });
      await job.done.catch((error) => console.log(error.message));`);
    expect(outcome.stdout).toMatch(/^MR-2307 .*worker \d has ended, since the thread .* reached the limit of its heap/);
    expect(outcome.code).toBe(0);
  });

  it('is canceled when its block is left', async () => {
    const outcome = await script('endless', `
      export default defineJob({ name: 'endless', build(env) { env.fromSequence(1, 1e12).map((n) => n).sinkTo({ kind: 'none', guarantee: 'none', createWriter: () => ({ write() {}, close() {} }) }); } });`, `
      const job = await runJob(url, { parallelism: 2, workers: 2 });
      while (job.progress().recordsIn === 0) await new Promise((go) => setTimeout(go, 20));
      await job[Symbol.asyncDispose]();
      console.log((await job.done).state);`);
    expect(outcome).toMatchObject({ code: 0, stdout: 'CANCELED\n', stderr: '' });
  });

  it('names the operator in which a worker is stuck, and fails the job when asked to', async () => {
    const outcome = await script('stuck', `
      export default defineJob({ name: 'stuck', build(env) {
        env.fromSequence(1, 10_000).keyBy((n) => n % 4).map((n) => { while (n === 5_000); return n; }, { name: 'spin' }).print();
      } });`, `
      const job = await runJob(url, { parallelism: 2, workers: 2, onPrint() {}, watchdog: { warnAfterMs: 300, failAfterMs: 900 } });
      await job.done.catch((error) => console.log(error.code, error.where.operator));`);
    expect(outcome.stderr).toMatch(/worker \d has not answered for .* it is inside of spin/);
    expect(outcome.stdout).toMatch(/^MR-2309 spin/);
  });

  it('refuses a job that each thread builds in another way, and a module without a job', async () => {
    const differs = await script('differs', `
      import { isMainThread } from 'node:worker_threads';
      export default defineJob({ name: 'differs', build(env) { const numbers = env.fromSequence(1, 10); (isMainThread ? numbers : numbers.map((n) => n)).print(); } });`, `
      const job = await runJob(url, { parallelism: 2, workers: 2 });
      await job.done.catch((error) => console.log(error.code));`);
    expect(differs.stdout).toBe('MR-2308\n');
    const none = await script('none', 'export default 7;', 'await runJob(url).catch((error) => console.log(error.code));');
    expect(none.stdout).toBe('MR-2310\n');
  });
});
