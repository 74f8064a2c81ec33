import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { REPOSITORY } from '../tools/lib/paths.mjs';
import { run } from '../tools/lib/run.mjs';
import { anchorOf } from '../tools/tidy/checks/links.mjs';
import { COMMANDS } from './commands.mjs';

const bench = (...args) => run(process.execPath, ['benchmarks/run.mjs', ...args], { cwd: REPOSITORY });

describe('npm run bench', () => {
  it('lists every benchmark and ends with 0', async () => {
    const { code, stdout } = await bench();
    expect(code).toBe(0);
    for (const name of ['pipeline', 'checkpoints', 'formats', 'start', ...Object.keys(COMMANDS)]) expect(stdout).toContain(`\n${name}: `);
  });

  for (const name of Object.keys(COMMANDS)) {
    it(`${name}: --help shows its options and ends with 0, and an option it does not have ends with 2`, async () => {
      const [help, wrong] = await Promise.all([bench(name, '--help'), bench(name, '--nonsense')]);
      expect(help).toMatchObject({ code: 0, stderr: '' });
      expect(help.stdout).toContain(`npm run bench -- ${name}`);
      expect(wrong).toMatchObject({ code: 2, stdout: '' });
      expect(wrong.stderr).toContain("Unknown option '--nonsense'");
      expect(wrong.stderr).toContain(`npm run bench -- ${name} --help`);
    });
  }

  it.each(['pipeline', 'checkpoints', 'formats', 'start'])('%s: --help shows a line about each of its parts', async (name) => {
    const parts = new RegExp(`^${name}: (.*)$`, 'm').exec((await bench()).stdout)[1].split(', ');
    const { code, stdout } = await bench(name, '--help');
    expect([code, stdout.split('\n')[0]]).toEqual([0, `npm run bench -- ${name} [PART …] [options]; all parts unless some are named`]);
    for (const part of parts) expect(stdout).toMatch(new RegExp(`^  ${part} +\\S+ `, 'm'));
    expect(stdout).not.toContain('undefined');
  });

  it('README.md names every option there is, and no other', async () => {
    const named = new Map();
    for (const [, name, words] of readFileSync(join(REPOSITORY, 'benchmarks/README.md'), 'utf8').matchAll(/npm run bench -- ([a-z-]+)([^`\n]*)/g)) {
      named.set(name, [...(named.get(name) ?? []), ...(words.match(/--[a-z-]+/g) ?? [])]);
    }
    for (const name of Object.keys(COMMANDS)) {
      const { stdout } = await bench(name, '--help');
      const known = stdout.split('\n').flatMap((line) => /^ +(--[a-z-]+) /.exec(line)?.[1] ?? []);
      expect([...new Set(named.get(name))].filter((option) => option !== '--help').sort(), name).toEqual([...new Set(known)].sort());
      named.delete(name);
    }
    for (const [name, options] of named) for (const option of options) expect(['--json', '--smoke'], name).toContain(option);
  });

  it("README.md: the figures of the first table stand in the sections that it names", () => {
    const sections = new Map(readFileSync(join(REPOSITORY, 'benchmarks/README.md'), 'utf8').split(/^#+ (?=.*\n)/m).map((text) => [anchorOf(text.slice(0, text.indexOf('\n'))), text]));
    const rows = sections.get('the-short-way-in').split('\n').filter((line) => line.startsWith('| ')).slice(1).map((line) => line.split('|').map((cell) => cell.trim()));
    let section;
    for (const [, what, figure, goal, , link] of rows) {
      section = /#([a-z-]+)/.exec(link)?.[1] ?? section;
      expect(goal, what).toMatch(/\d|as above/);
      for (const [number] of figure.matchAll(/\d+(?:\.\d+)?/g)) expect(sections.get(section), `${what}: ${number} in ${section}`).toMatch(new RegExp(`(?<![\\d.])${number.replace('.', '\\.')}(?![\\d]|\\.\\d)`));
    }
    expect(rows.length).toBeGreaterThan(25);
  });

  it.each([
    [['latency', '--rate', 'x'], '--rate takes a number above 0, not "x"'],
    [['latency', '--parallelism', '1,x'], '--parallelism takes whole numbers from 1, such as 1,2, not "1,x"'],
    [['long', '--minutes', '0'], '--minutes takes a number above 0, not "0"'],
    [['long', '--backend', 'x'], '--backend takes heap, log, not "x"'],
    [['long', '--rate', '5'], 'at least 10000'],
    [['parallel', '--events', '10000000,1000000'], 'so --events takes more of them, and an even number, not 1000000'],
    [['parallel', '--queries', 'q99'], 'there is no query "q99"'],
    [['event-log', '--records', 'x'], '--records takes a whole number from 1, not "x"'],
    [['kafka', '--rounds', '0'], '--rounds takes a whole number from 1, not "0"'],
    [['exchange', '--steady', '0'], '--steady takes a number above 0, not "0"'],
    [['worker-exit', '--delay=-1'], '--delay takes a whole number from 0, not "-1"'],
    [['recovery-kill', '--backends', 'heap,disk'], 'there is no backend "disk"; there are heap and log'],
    [['disk-state', '--keys', '1.5'], '--keys takes a whole number from 1, not "1.5"'],
    [['disk-checkpoint', '--keys', '10', '--touched', '11'], '--touched is 11; there are only 10 keys'],
    [['disk-checkpoint', '--large-mb', 'x'], '--large-mb takes a whole number from 0, not "x"'],
    [['nonsense'], 'there is no benchmark "nonsense"; npm run bench lists them'],
    [['toString'], 'there is no benchmark "toString"'],
    [['pipeline', '--nonsense'], "Unknown option '--nonsense'"],
  ])('%j is refused with code 2 before anything is measured', async (args, message) => {
    const { code, stdout, stderr } = await bench(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('Ctrl-C ends a run at once, with the code of the signal, and leaves no folder', { timeout: 30_000 }, async () => {
    const temporary = join(tmpdir(), `millrace-bench-test-${process.pid}`);
    mkdirSync(temporary);
    try {
      const child = spawn(process.execPath, ['benchmarks/run.mjs', 'long', '--minutes', '5'], { cwd: REPOSITORY, env: { ...process.env, TMPDIR: temporary }, stdio: 'ignore' });
      const ended = once(child, 'exit');
      const runs = () => readdirSync(temporary).some((name) => name.startsWith('millrace-bench-'));
      for (let tries = 0; tries < 200 && !runs(); tries++) await sleep(50);
      expect(runs()).toBe(true);
      child.kill('SIGINT');
      expect(await ended).toEqual([null, 'SIGINT']);
      expect(runs()).toBe(false);
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
  });
});
