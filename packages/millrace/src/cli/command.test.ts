/** The real command, as it is installed: built files, child processes, exit codes, streams and signals. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));
const COMMAND = join(REPOSITORY, 'packages/millrace/bin/millrace.js');
const EXAMPLE = join(REPOSITORY, 'examples/01-order-statistics');

let folder = '';
beforeAll(() => {
  const built = spawnSync(process.execPath, [join(REPOSITORY, 'tools/setup/build.mjs')], { cwd: REPOSITORY, encoding: 'utf8' });
  expect(built.status, built.stdout + built.stderr).toBe(0);
  folder = mkdtempSync(join(tmpdir(), 'millrace-cli-'));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function millrace(args: readonly string[], environment: Record<string, string> = {}): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], { cwd: folder, encoding: 'utf8', env: { ...process.env, ...environment }, timeout: 30_000 });
  return { code: status, out: stdout, err: stderr };
}

/** Writes a job file and gives its path. */
function job(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const squares = (): string => job('squares.ts', `import { arg, defineJob } from 'millrace';
export default defineJob({
  name: 'squares',
  args: { last: arg.number({ default: 3 }), mode: arg.choice(['plain', 'loud'], { default: 'plain' }) },
  build(env, args) { env.fromSequence(1, args.last).map((n) => n * n).print(); },
});
`);

const events = (out: string): Record<string, unknown>[] => out.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);

describe('millrace run', () => {
  it('shows results on standard output and everything else on standard error', () => {
    const { code, out, err } = millrace(['run', squares()]);
    expect([code, out]).toEqual([0, '1\n4\n9\n']);
    expect(err).toMatch(/finished squares: 3 records in · 3 results out/);
  });

  it('leads the job in a thread with a small nursery, and runs it in one with a large one', () => {
    const { err, out } = millrace(['run', '--json', job('nurseries.ts', `import { defineJob } from 'millrace';
import { resourceLimits } from 'node:worker_threads';
console.log('nursery of ' + resourceLimits.maxYoungGenerationSizeMb);
export default defineJob({ name: 'nurseries', build(env) { env.fromElements(1).print(); } });
`)]);
    expect([...err.matchAll(/nursery of (\d+)/g)].map(([, megabytes]) => Number(megabytes)).sort((a, b) => a - b), out).toEqual([12, 128]);
  });

  it('takes the arguments of the job behind --, checked and with a suggestion', () => {
    expect(millrace(['run', squares(), '--', '--last', '1']).out).toBe('1\n');
    const unknown = millrace(['run', squares(), '--', '--lasst', '1']);
    expect([unknown.code, unknown.out]).toEqual([2, '']);
    expect(unknown.err).toMatch(/MR-26\d\d.*lasst.*--last/s);
    expect(millrace(['run', squares(), '--', '--last', 'many']).code).toBe(2);
    expect(millrace(['run', squares(), '--', '--mode', 'quiet']).err).toMatch(/plain.*loud/s);
  });

  it('gives the same committed lines at any parallelism and with state on disk, and refuses to mix them with others', () => {
    const expected = readFileSync(join(EXAMPLE, 'expected.ndjson'), 'utf8').trim().split('\n').sort();
    for (const [parallelism, stateBackend] of [['1', 'heap'], ['3', 'log']] as const) {
      const output = join(folder, `statistics-${parallelism}`);
      const args = ['run', join(EXAMPLE, 'job.ts'), '-p', parallelism, '--state-backend', stateBackend, '--', '--input', join(EXAMPLE, 'orders.ndjson'), '--output', output];
      expect(millrace(args).code).toBe(0);
      const lines = readdirSync(output).filter((name) => !name.startsWith('.')).flatMap((name) => readFileSync(join(output, name), 'utf8').trim().split('\n'));
      expect(lines.sort()).toEqual(expected);
      expect(millrace(args)).toMatchObject({ code: 1, err: expect.stringMatching(/MR-25\d\d/) as string });
    }
  });

  it('speaks JSON lines with --json, from started to finished', () => {
    const { out } = millrace(['run', squares(), '--json']);
    const lines = events(out);
    expect(lines[0]).toMatchObject({ type: 'started', job: 'squares' });
    expect(lines.filter(({ type }) => type === 'row').map(({ row }) => row)).toEqual([1, 4, 9]);
    expect(lines.at(-1)).toMatchObject({ type: 'finished', job: 'squares', state: 'FINISHED', records: 3, results: 3, lateRecords: 0, decodeErrors: 0 });
  });

  it('names the operator, the line of the job file and the record when a function throws', () => {
    const file = job('throws.ts', `import { defineJob } from 'millrace';
export default defineJob({
  name: 'throws',
  build(env) {
    env.fromSequence(1, 9, { name: 'numbers' })
      .map((n) => {
        if (n === 5) throw new Error('five is right out');
        return n;
      }, { name: 'check' })
      .print();
  },
});
`);
    const { code, err } = millrace(['run', file]);
    expect(code).toBe(1);
    expect(err).toMatch(/MR-2001.*"check" threw Error: five is right out at the record 5/s);
    expect(err).toMatch(/throws\.ts:6/);
    expect(err).toMatch(/source numbers/);
    expect(err).toMatch(/throws\.ts:7/);
    const failed = events(millrace(['run', file, '--json']).out).at(-1);
    expect(failed).toMatchObject({ type: 'failed', code: 'MR-2001' });
  });

  it.each([
    ['MR-3001 a missing file', () => ['run', join(folder, 'nothing.ts')], /nothing\.ts/],
    ['MR-3002 a syntax error', () => ['run', job('syntax.ts', 'export default defineJob({\n  name: ;\n')], /syntax\.ts:2:9/],
    ['MR-3002 an import that cannot be found', () => ['run', job('import.ts', "import 'no-such-package';\n")], /no-such-package/],
    ['MR-3003 a module without a job', () => ['run', job('none.ts', 'export const answer = 42;\n')], /it exports answer/],
    ['MR-3004 an unknown option', () => ['run', squares(), '--parallelsm', '2'], /--parallelism/],
    ['MR-3004 a flag that takes no value', () => ['run', squares(), '--strict=false'], /--strict takes no value/],
    ['MR-3004 an unknown verb', () => ['rnu', squares()], /run/],
    ['MR-3004 a map of uids that is none', () => ['run', squares(), '--map-uid', 'old'], /OLD=NEW/],
    ['MR-3006 an unknown code', () => ['explain', 'MR-9999'], /MR-9999/],
    ['MR-3006 a job where a code is expected', () => ['explain', 'job.ts'], /millrace graph job\.ts/],
    ['MR-3006 a code of a package that is not installed', () => ['explain', '4005'], /MR-4005 belongs to @millrace\/kafka, which is not installed here/],
  ])('%s: exit code 2 and nothing on standard output', (name, args, detail) => {
    const { code, out, err } = millrace(args());
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(name.slice(0, 7));
    expect(err).toMatch(detail);
  });

  it('MR-3007 names the module that fails while it is loaded', () => {
    expect(millrace(['run', job('top.ts', "throw new Error('no database');\n")])).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/MR-3007.*top\.ts: Error: no database/s) as string });
  });

  const ending = (name: string, where: { readonly top?: string; readonly build?: string; readonly map?: string }): string => job(`${name}.ts`, `import { defineJob } from 'millrace';
${where.top ?? ''}
export default defineJob({ name: '${name}', build(env) { ${where.build ?? ''} env.fromSequence(1, 9).map((n) => { ${where.map ?? ''} return n; }).print(); } });
`);

  it('MR-3008 says so when the job ends the process while it is loaded or built, MR-2307 when a function of it does', () => {
    expect(millrace(['run', ending('exits-top', { top: 'process.exit(3);' })])).toMatchObject({ code: 1, err: expect.stringContaining('MR-3008') as string });
    expect(millrace(['run', ending('exits-build', { build: 'process.exit(3);' })])).toMatchObject({ code: 1, err: expect.stringContaining('MR-3008') as string });
    expect(millrace(['run', ending('exits-map', { map: 'if (n === 5) process.exit(3);' })])).toMatchObject({ code: 1, err: expect.stringContaining('MR-2307') as string });
  });

  it('keeps what the code of a job writes with console.log out of the events', () => {
    const file = ending('talks', { top: "console.log('top');", build: "console.log('build');", map: "if (n === 1) console.log('map');" });
    const { code, out, err } = millrace(['run', file, '--json']);
    expect(code).toBe(0);
    expect(events(out).filter(({ type }) => type === 'row')).toHaveLength(9);
    for (const word of ['top', 'build', 'map']) expect(err).toContain(`${word}\n`);
  });
});

describe('signals', () => {
  const endless = (): string => job('endless.ts', `import { datagen, defineJob, fileSink, json } from 'millrace';
export default defineJob({
  name: 'endless',
  build(env) {
    env.fromSource(datagen({ seed: 1, rate: 500, fields: (index) => ({ index }) }), { name: 'numbers', uid: 'numbers' })
      .sinkTo(fileSink({ path: process.env['OUT'] as string, format: json() }), { uid: 'out' });
  },
});
`);

  function running(signals: readonly NodeJS.Signals[], output: string): Promise<Ended> {
    const child = spawn(process.execPath, [COMMAND, 'run', endless()], { cwd: folder, env: { ...process.env, OUT: output } });
    let [out, err] = ['', ''];
    child.stdout.on('data', (data) => (out += data));
    child.stderr.on('data', (data) => {
      const before = err;
      err += data;
      if (!before.includes('running') && err.includes('running')) signals.forEach((signal, index) => setTimeout(() => child.kill(signal), 400 + index * 5));
    });
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
  }

  it.each(['SIGINT', 'SIGTERM'] as const)('%s stops the sources and commits what has arrived', async (signal) => {
    const output = join(folder, `stopped-${signal}`);
    const { code, err } = await running([signal], output);
    expect([code, err]).toEqual([130, expect.stringMatching(/stopped endless/)]);
    const lines = readdirSync(output).filter((name) => !name.startsWith('.')).flatMap((name) => readFileSync(join(output, name), 'utf8').trim().split('\n'));
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.map((line) => (JSON.parse(line) as { index: number }).index)).toEqual(lines.map((_, index) => index));
  });

  it.each(['build', 'map'])('an endless loop in %s does not keep the command from ending', async (where) => {
    const loop = 'for (;;);';
    const file = job(`loops-${where}.ts`, `import { defineJob } from 'millrace';
export default defineJob({ name: 'loops', build(env) { ${where === 'build' ? loop : ''} env.fromSequence(1, 9).map((n) => { ${where === 'map' ? loop : ''} return n; }).print(); } });
`);
    const child = spawn(process.execPath, [COMMAND, 'run', file], { cwd: folder });
    let err = '';
    child.stderr.on('data', (data) => {
      err += data;
      if (err.includes('running')) setTimeout(() => child.kill('SIGINT'), 100);
      if (err.includes('stopping')) child.kill('SIGINT');
    });
    // Nothing is said before the job is built.
    if (where === 'build') setTimeout(() => child.kill('SIGINT'), 1500);
    expect(await new Promise((resolve) => child.on('close', (code) => resolve(code)))).toBe(130);
  });

  it('the second signal ends the run at once', async () => {
    expect((await running(['SIGINT', 'SIGINT'], join(folder, 'killed'))).code).toBe(130);
  });
});

describe('checkpoints on the command line', () => {
  it('goes on from the directory, and stops by name when the state belongs to another job', () => {
    const file = squares();
    const state = ['--checkpoint-dir', join(folder, 'state')];
    expect(millrace(['run', file, ...state]).out).toBe('1\n4\n9\n');
    const again = millrace(['run', file, ...state]);
    expect([again.code, again.out]).toEqual([0, '']);
    expect(again.err).toContain('goes on from a checkpoint');
    expect(again.err).toMatch(/read to its end: what was read is not read again.*--resume none/);
    expect(millrace(['run', file, ...state, '--resume', 'none']).out).toBe('1\n4\n9\n');
    const other = job('other.ts', "import { defineJob } from 'millrace';\nexport default defineJob({ name: 'other', build(env) { env.fromSequence(1, 2).print(); } });\n");
    expect(millrace(['run', other, ...state])).toMatchObject({ code: 1, err: expect.stringContaining('MR-2404') as string });
    expect(millrace(['run', file, '--resume', join(folder, 'nowhere')])).toMatchObject({ err: expect.stringContaining('MR-2408') as string });
  });
});

describe('millrace graph and explain', () => {
  it('draws the graph as text, Mermaid and JSON without running anything', () => {
    const file = squares();
    expect(millrace(['graph', file]).out).toMatch(/map/);
    expect(millrace(['graph', file, '--mermaid']).out).toMatch(/^(flowchart|graph) /);
    expect(JSON.parse(millrace(['graph', file, '--json']).out)).toMatchObject({ job: 'squares' });
  });

  it('shows the arguments of a job for --help behind --, and starts nothing', () => {
    const file = job('helped.ts', `import { arg, defineJob } from 'millrace';
export default defineJob({
  name: 'helped',
  args: { input: arg.path({ doc: 'Orders.' }), eventTime: arg.duration({ default: '10 s' }), mode: arg.choice(['a', 'b'], { optional: true, doc: 'How.' }), loud: arg.boolean() },
  build() { throw new Error('built'); },
});
`);
    for (const verb of ['run', 'graph']) {
      const { code, out, err } = millrace([verb, file, '--', '--help']);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toBe(`The job helped takes, behind --:

  --input       a path                                     Orders.
  --event-time  a duration such as 10s; 10 s unless given
  --mode        one of a, b; may be left out               How.
  --loud        true or false; false unless given
`);
    }
    expect(millrace(['run', squares(), '--', '-h']).out).toContain('--last  a number; 3 unless given');
    expect(millrace(['run', job('without.ts', `import { defineJob } from 'millrace';\nexport default defineJob({ name: 'without', build(env) { env.fromElements(1).print(); } });\n`), '--', '--help']).out).toBe('The job without takes no arguments.\n');
  });

  it('leaves --help to a job that has an argument of that name', () => {
    const file = job('own-help.ts', `import { arg, defineJob } from 'millrace';
export default defineJob({ name: 'own-help', args: { help: arg.boolean() }, build(env, { help }) { env.fromElements(help).print(); } });
`);
    expect(millrace(['run', file, '--', '--help'])).toMatchObject({ code: 0, out: 'true\n' });
  });

  it('explains a code, however it is written, and lists all', () => {
    for (const code of ['MR-2001', 'mr-2001', '2001']) expect(millrace(['explain', code])).toMatchObject({ code: 0, out: expect.stringContaining('How to mend it') as string });
    expect(millrace(['explain']).out.split('\n').length).toBeGreaterThan(100);
  });

  it('explains the codes of the packages that the project has installed', () => {
    for (const [code, title] of Object.entries({ 'MR-4005': 'Kafka topic does not exist', 'MR-4211': 'does not wait for schemas', 'MR-4224': '', 'MR-4243': 'Protobuf data are malformed', 'MR-4262': 'does not fit its JSON Schema' })) {
      const { status, stdout } = spawnSync(process.execPath, [COMMAND, 'explain', code], { cwd: REPOSITORY, encoding: 'utf8' });
      expect([status, stdout.startsWith(`${code}  `)]).toEqual([0, true]);
      expect(stdout).toContain(title);
    }
    const missing = spawnSync(process.execPath, [COMMAND, 'explain', 'MR-4099'], { cwd: REPOSITORY, encoding: 'utf8' });
    expect([missing.status, missing.stderr]).toEqual([2, expect.stringContaining('there is no error MR-4099')]);
  });

  it('switches off with --no- what is on', () => {
    expect(millrace(['run', '--help']).out).toContain('--no-code-generation');
    expect(millrace(['run', squares(), '--no-code-generation']).code).toBe(0);
  });

  it('shows its version and help', () => {
    expect(millrace(['--version']).out.trim()).toBe((JSON.parse(readFileSync(join(dirname(COMMAND), '../package.json'), 'utf8')) as { version: string }).version);
    expect(millrace(['run', '--help']).out).toContain('--checkpoint-dir');
    for (const words of [['run'], ['log', 'append'], ['log', 'read'], ['checkpoints', 'show']]) expect(millrace([...words, '--help']).out).not.toContain('default: []');
  });
});
