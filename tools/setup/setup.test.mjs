import { describe, expect, it, vi } from 'vitest';
import { openRepo } from '../lib/repo.mjs';
import { closingLine, counts, table, total } from '../lib/report.mjs';
import { run } from '../lib/run.mjs';
import { withClassNames } from './bundle.mjs';
import { difference } from './installed.mjs';
import { nodeComplaint, requiredNode } from './node-version.mjs';
import { runTogether } from './run-together.mjs';
import { closingSentence, finishedEvent, windowTable } from './windows.mjs';

describe('the version of Node', () => {
  it('is judged by major and minor', () => {
    expect(requiredNode()).toEqual([20, 19]);
    expect(nodeComplaint('v20.19.0', [20, 19])).toBeUndefined();
    expect(nodeComplaint('v22.1.0', [20, 19])).toBeUndefined();
    expect(nodeComplaint('v20.18.3', [20, 19])).toContain('needs Node 20.19 or newer; this is Node 20.18.3');
    expect(nodeComplaint('v18.20.0', [20, 19])).toBeDefined();
  });
});

describe('what is installed', () => {
  const wanted = { '': {}, 'packages/core': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '1.0.0', optional: true }, 'node_modules/@millrace/core': { link: true } };
  const everything = () => true;

  it('is complete when each package has the version of the lock file', () => {
    expect(difference(wanted, { 'node_modules/a': { version: '1.0.0' } }, everything)).toBeUndefined();
  });

  it('lacks what is missing, old or not linked', () => {
    expect(difference(wanted, {}, everything)).toBe('a is missing');
    expect(difference(wanted, { 'node_modules/a': { version: '0.9.0' } }, everything)).toBe('a is 0.9.0, the lock file says 1.0.0');
    expect(difference(wanted, { 'node_modules/a': { version: '1.0.0' } }, (path) => !path.includes('@millrace'))).toBe('@millrace/core is not linked');
  });
});

describe('the tests', () => {
  it('are begun in an order whose files are there', () => {
    const repo = openRepo();
    const named = [...repo.read('vitest.config.ts').matchAll(/'([\w./-]+\.test\.(?:ts|mjs))'/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !repo.files.some((file) => file.endsWith(name)))).toEqual([]);
  });

  it('count a step that throws as a failure, and wait for those beside it', async () => {
    const { exitCode } = process;
    const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const complained = vi.spyOn(console, 'error').mockReturnValue(undefined);
    const slow = { name: 'slow', title: 'ends later', run: () => new Promise((resolve) => setTimeout(() => resolve(counts(2)), 20)) };
    const broken = { name: 'broken', title: 'throws', run: () => Promise.reject(new Error('no such folder')) };
    try {
      expect(await runTogether([broken, slow])).toEqual([counts(0, 1), counts(2)]);
      expect(process.exitCode).toBe(1);
      expect(written.mock.calls.join('')).toMatch(/no such folder[^]*== broken: 0 passed, 1 failed/);
      expect(complained.mock.calls.join('')).toContain('the step "broken" failed');
    } finally {
      process.exitCode = exitCode;
      vi.restoreAllMocks();
    }
  });

  it('show what a program says while others run when it has ended', async () => {
    const said = [];
    const { code } = await run(process.execPath, ['-e', "console.log('one'); console.error('two')"], { echo: (data) => said.push(String(data)) });
    expect([code, said.join('').split('\n').sort().join(' ').trim()]).toEqual([0, 'one two']);
  });
});

describe('a bundle', () => {
  it('calls classes by their names, at the same columns', () => {
    const text = 'var Dice = class _Dice extends Base {\n  of() { return new _Dice(this.#_Dice, _Dices, x._Dice); }\n};\nvar Other = class {};';
    const named = withClassNames(text);
    expect(named).toBe('var Dice = class Dice  extends Base {\n  of() { return new Dice (this.#_Dice, _Dices, x._Dice); }\n};\nvar Other = class {};');
    expect(named).toHaveLength(text.length);
    expect(withClassNames('var a = 1;')).toBe('var a = 1;');
  });
});

describe('what is shown', () => {
  it('closes with the counts', () => {
    expect(closingLine(total([counts(2), counts(1, 1)]))).toBe('3 passed, 1 failed');
    expect(closingLine(counts(1, 0, 2))).toBe('1 passed, 0 failed, 2 skipped');
  });

  it('pads columns, numbers to the right', () => {
    expect(table(['a', 'n'], [['x', 5], ['long', 10]])).toBe('a      n\n----  --\nx      5\nlong  10');
  });

  const row = (orderId, windowStart) => ({ orderId, windowStart, windowEnd: windowStart + 600_000, orderCount: 1, totalAmount: 2.5 });

  it('shows windows in order of time and cuts a long table', () => {
    const lines = windowTable([row('b', 600_000), row('a', 0)]).split('\n');
    expect(lines[2]).toMatch(/^1970-01-01 00:00 – 00:10 +a +1 +2\.50$/);
    expect(windowTable(Array.from({ length: 100 }, (_, i) => row(`o${i}`, i * 600_000)))).toContain('… 60 more windows …');
  });

  it('reads the closing event', () => {
    const event = finishedEvent('{"type":"row"}\nnoise\n{"type":"finished","records":3,"lateRecords":1,"seconds":0.5}\n');
    expect(closingSentence(event, 2, 1)).toBe('3 records in, 2 windows out, 1 late, 0.50 s (1.00 s with the start of the program)');
    expect(() => finishedEvent('')).toThrow('finished');
  });
});
