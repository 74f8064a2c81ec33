import { describe, expect, expectTypeOf, it } from 'vitest';
import type { JobResult } from '../operators/executor.js';
import type { JobProgram } from '../operators/job-program.js';
import { arg, type ArgumentValues, type GivenArguments } from './arguments.js';
import { allowExecution, forbidExecution } from './execution-guard.js';
import { defineJobWith, isJob, JOB } from './job.js';
import { checkJobArguments, parseJobArguments } from './parse-arguments.js';
import { StreamEnvironment } from './environment.js';

const declared = {
  input: arg.path({ doc: 'The orders.' }),
  rate: arg.number({ optional: true, min: 1 }),
  times: arg.number({ default: 3, integer: true, max: 9 }),
  eventTime: arg.boolean(),
  timeout: arg.duration({ default: '5 s' }),
  mode: arg.choice(['fast', 'exact'], { default: 'fast' }),
  label: arg.string({ optional: true }),
};

describe('job arguments on the command line', () => {
  it('are parsed by their declarations, with defaults', () => {
    const values = parseJobArguments(declared, ['--input', 'a.ndjson', '--rate=2.5', '--event-time', '--timeout', '10s', '--mode', 'exact', '--label=--x']);
    expect(values).toEqual({ input: 'a.ndjson', rate: 2.5, times: 3, eventTime: true, timeout: 10_000, mode: 'exact', label: '--x' });
    expect(parseJobArguments(declared, ['--input=b', '--no-event-time', '--eventTime=false'].slice(0, 2))).toMatchObject({ eventTime: false, timeout: 5000, rate: undefined });
    expectTypeOf<ArgumentValues<typeof declared>>().toEqualTypeOf<{
      readonly input: string;
      readonly rate: number | undefined;
      readonly times: number;
      readonly eventTime: boolean;
      readonly timeout: number;
      readonly mode: 'fast' | 'exact';
      readonly label: string | undefined;
    }>();
    const given: GivenArguments<typeof declared> = { input: 'a', timeout: '5 s' };
    expect(checkJobArguments(declared, given)).toMatchObject({ timeout: 5000 });
    // @ts-expect-error the input is missing
    const incomplete: GivenArguments<typeof declared> = { timeout: '5 s' };
    expect(() => checkJobArguments(declared, incomplete)).toThrow('MR-2614');
  });

  it.each([
    [['--inptu', 'x'], 'MR-2613', 'Did you mean "--input"?'],
    [['x'], 'MR-2613', '"x" stands where'],
    [[], 'MR-2614', '--input (a path: The orders.)'],
    [['--input'], 'MR-2615', 'has no value'],
    [['--input', '--rate'], 'MR-2615', 'has no value'],
    [['--input', 'a', '--input', 'b'], 'MR-2615', 'given twice'],
    [['--input', ''], 'MR-2615', 'expected a path'],
    [['--input', 'a', '--rate', 'fast'], 'MR-2615', 'is "fast", expected a number from 1'],
    [['--input', 'a', '--rate', '0'], 'MR-2615', 'expected a number from 1'],
    [['--input', 'a', '--rate='], 'MR-2615', 'expected a number'],
    [['--input', 'a', '--times', '2.5'], 'MR-2615', 'a whole number up to 9'],
    [['--input', 'a', '--event-time=yes'], 'MR-2615', 'true or false'],
    [['--input', 'a', '--no-event-time=true'], 'MR-2615', 'takes no value'],
    [['--input', 'a', '--mode', 'fats'], 'MR-2615', 'Did you mean "fast"?'],
    [['--input', 'a', '--timeout', '5 sec'], 'MR-10', 'Did you mean "5 s"?'],
  ])('%j is refused', (argv, code, text) => {
    expect(() => parseJobArguments(declared, argv)).toThrow(new RegExp(`^${code}`));
    expect(() => parseJobArguments(declared, argv)).toThrow(text);
  });

  it('has names of any kind', () => {
    const odd = JSON.parse('{"__proto__":1}') as object;
    expect(Object.keys(odd)).toEqual(['__proto__']);
    const values = parseJobArguments({ constructor: arg.string(), toString: arg.string({ optional: true }) }, ['--constructor', 'x']);
    expect(values.constructor).toBe('x');
    expect(values.toString).toBe(undefined);
    expect(() => parseJobArguments({ a: arg.string({ optional: true }) }, ['--constructor', 'x'])).toThrow('MR-2613');
  });
});

describe('job arguments as values', () => {
  it('are checked and completed', () => {
    expect(checkJobArguments(declared, { input: 'a', timeout: 250, label: '' })).toMatchObject({ input: 'a', timeout: 250, label: '', mode: 'fast' });
  });

  it.each([
    [{ input: 1 }, 'MR-2615'],
    [{ input: 'a', modus: 'fast' }, 'MR-2613'],
    [{ input: 'a', mode: 'slow' }, 'MR-2615'],
    [{ input: 'a', mode: 7 }, 'MR-2615'],
    [{ input: 'a', rate: Number.NaN }, 'MR-2615'],
    [{ input: 'a', eventTime: 'true' }, 'MR-2615'],
    [{ input: undefined }, 'MR-2614'],
  ])('%j is refused', (given, code) => {
    expect(() => checkJobArguments(declared, given)).toThrow(code);
  });

  it('refuses a choice of nothing', () => {
    expect(() => arg.choice([])).toThrow('MR-2607');
  });
});

const result: JobResult = { job: 'x', state: 'FINISHED', seconds: 0, recordsIn: 0, recordsOut: 0, lateRecordsDropped: 0, decodeErrors: 0 };

function jobs() {
  const programs: JobProgram[] = [];
  const defineJob = defineJobWith(() => ({
    execute: (program) => {
      programs.push(program);
      return { done: Promise.resolve(result), cancel: () => Promise.resolve(), stop: () => Promise.resolve(result) };
    },
  }));
  return { defineJob, programs };
}

describe('a job', () => {
  it('builds the same graph from checked arguments and runs it', async () => {
    const { defineJob, programs } = jobs();
    const job = defineJob({
      name: 'squares',
      args: { last: arg.number({ default: 3 }), label: arg.string() },
      build(env, args) {
        expectTypeOf(args.label).toEqualTypeOf<string>();
        env.fromSequence(1, args.last).map((n) => n * n).print(args.label);
      },
    });
    expect(isJob(job)).toBe(true);
    expect(job[JOB]).toBe(true);
    const program = job.build({ label: 'x' }, { parallelism: 3, maxParallelism: 9 });
    expect(program.streamGraph).toMatchObject({ job: 'squares', parallelism: 3, maxParallelism: 9 });
    expect(job.build({ label: 'x' }).streamGraph).toEqual(job.build({ label: 'x' }).streamGraph);
    await expect(job.run({ args: { label: 'x' }, parallelism: 2 })).resolves.toBe(result);
    expect(programs[0]?.streamGraph.parallelism).toBe(2);
    expect(() => job.build({ label: 'x', lats: 1 } as never)).toThrow('Did you mean "last"?');
    // @ts-expect-error the label is missing
    await expect(job.run({})).rejects.toThrow('MR-2614');
  });

  it('is known by its mark, not by its class', () => {
    expect(isJob({ [Symbol.for('millrace.job/1')]: true })).toBe(true);
    for (const other of [undefined, null, {}, () => 1, 'job']) expect(isJob(other)).toBe(false);
  });

  it('refuses an incomplete declaration and an asynchronous build', () => {
    const { defineJob } = jobs();
    expect(() => defineJob(undefined as never)).toThrow('MR-2616');
    expect(() => defineJob({ name: ' ', build: () => {} })).toThrow('no name');
    expect(() => defineJob({ name: 'a' } as never)).toThrow('no function build');
    expect(() => defineJob({ name: 'a', args: { x: 'path' as never }, build: () => {} })).toThrow('"x" that is not declared');
    const slow = defineJob({ name: 'a', build: (async () => {}) as () => void });
    expect(() => slow.build({})).toThrow('MR-2612');
  });

  it('is not started by a worker that imports its module', async () => {
    const { defineJob } = jobs();
    const job = defineJob({ name: 'a', build: (env) => void env.fromElements(1).print() });
    const env = new StreamEnvironment(() => expect.unreachable('no executor is asked for'));
    env.fromElements(1).print();
    forbidExecution();
    try {
      await expect(job.run()).rejects.toThrow('MR-2611');
      await expect(env.execute('script')).rejects.toThrow('MR-2611');
      expect(job.build({}).streamGraph.nodes).toHaveLength(2);
    } finally {
      allowExecution();
    }
    await expect(job.run()).resolves.toBe(result);
  });
});
