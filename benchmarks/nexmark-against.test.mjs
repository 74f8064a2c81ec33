import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { figuresAgainst, reportOf, verdictsOf } from './nexmark/bench/against-report.mjs';
import { againstSettings } from './nexmark/bench/against-settings.mjs';
import { FLINK_FORMS, formsNamed } from './nexmark/bench/flink-forms.mjs';
import { readAnswer } from './nexmark/bench/flink.mjs';
import { jsonOf } from './nexmark/bench/report.mjs';
import { SqlTable } from './nexmark/bench/sql-rows.ts';
import { startQuery, takingSink } from './nexmark/engine-run.ts';
import { QUERIES } from './nexmark/queries/queries.ts';

const RUN = fileURLToPath(new URL('./run.mjs', import.meta.url));
const SQL = fileURLToPath(new URL('./nexmark/flink/src/main/resources/sql/', import.meta.url));
const OPTIONS = { 'against': 'flink', 'rounds': '3', 'parallelism': '1', 'checkpoint-interval': '10s', 'mini-batch': false, 'verify': false, 'json': false, 'save': false };
const [DATASTREAM, SQL_HEAP] = FLINK_FORMS;

describe('the comparison with Flink', () => {
  it('reads its options', () => {
    expect(againstSettings(OPTIONS)).toMatchObject({ forms: FLINK_FORMS, rounds: 3, given: undefined, queries: DATASTREAM.queries });
    expect(againstSettings({ ...OPTIONS, forms: 'sql-flat, sql', queries: 'q5,q20', events: '1000', rounds: '1' })).toMatchObject({
      forms: formsNamed('sql-flat,sql'), queries: ['q5', 'q20'], given: 1000, rounds: 1, case: { parallelism: 1, checkpointIntervalMs: 10_000 },
    });
  });

  it('compares results only when told to verify', () => {
    expect(againstSettings({ ...OPTIONS, verify: true }).rounds).toBe(0);
    const report = reportOf(SQL_HEAP, [{ query: 'q4', form: 'sql', events: 1000, resultEvents: 1000, rows: 5, hash: '5 rows 0' }]);
    expect(report).toMatch(/q4 .*equal over 1000 events: 5 rows 0/);
    expect(report).not.toContain('goal');
  });

  it.each([
    [{ against: 'spark' }, 'knows flink only'],
    [{ forms: 'sparse' }, 'there is no form "sparse"'],
    [{ queries: 'q6' }, 'there is no query "q6" for Flink'],
    [{ forms: 'sql-flat', queries: 'q3' }, 'there is no query "q3" for Flink'],
    [{ rounds: '0' }, '--rounds takes a whole number from 1'],
    [{ events: '1.5' }, '--events takes a whole number from 1'],
    [{ parallelism: '2' }, 'at parallelism 1'],
  ])('refuses %o', (wrong, problem) => {
    expect(() => againstSettings({ ...OPTIONS, ...wrong })).toThrow(problem);
  });

  it('has the text of every query in SQL, and of the tables', () => {
    for (const { arguments: [kind, tables], queries } of FLINK_FORMS.filter((form) => form.arguments[0] === 'sql')) {
      expect(kind).toBe('sql');
      for (const name of [tables, ...queries]) expect(existsSync(`${SQL}${name}.sql`), name).toBe(true);
    }
    expect(readFileSync(`${SQL}nested.sql`, 'utf8')).toContain("'events' = '${events}'");
  });

  it('takes no line for an answer that is none', () => {
    expect(readAnswer('{"cpu":1.5,"rows":3}')).toEqual({ cpu: 1.5, rows: 3 });
    expect(readAnswer('OpenJDK 64-Bit Server VM warning: something')).toBeUndefined();
  });

  it('makes ratios of neighbouring rounds, and net ones of medians', () => {
    const times = (...cpus) => cpus.map((cpu) => ({ cpu, wall: cpu / 2 }));
    const figures = figuresAgainst({ flink: times(4, 6, 5), flinkGenerator: times(1, 1, 1), engine: times(1, 3, 2), generator: times(0.5, 0.5, 0.5) }, 1_000_000);
    expect(figures).toMatchObject({ ours: { median: 0.5, best: 1, wall: 1 }, flink: { median: 0.2 }, generators: { ours: 2, flink: 1 }, gross: 2.5, net: 4 / 1.5 });
  });

  it('gives no net ratio where the engine costs hardly more than its generator', () => {
    const times = (cpu) => [{ cpu, wall: cpu }];
    expect(figuresAgainst({ flink: times(4), flinkGenerator: times(1), engine: times(1.02), generator: times(1) }, 1000).net).toBeUndefined();
  });

  const line = { form: 'datastream', events: 1000, ours: { median: 2 }, flink: { median: 1 }, generators: { ours: 6, flink: 7 }, grossSpread: 0.02, memory: { ours: 90, flink: 400 }, hash: '7 rows 0', rows: 7, resultEvents: 500 };

  it('holds means and the worst query against goals and floors', () => {
    const lines = [{ ...line, query: 'q0', gross: 1, net: 1, load: 0.1 }, { ...line, query: 'q5', gross: 4, net: 9, load: 0.1 }];
    expect(verdictsOf(DATASTREAM, lines)).toMatchObject([
      { value: 2, goal: 1.6, floor: 1.2, goalHolds: true, floorHolds: true },
      { value: 3, goal: 3, floor: 2, goalHolds: true, floorHolds: true },
      { what: 'net, worst query (q0)', value: 1, goal: 1.2, floor: 0.8, goalHolds: false, floorHolds: true },
    ]);
    expect(verdictsOf(SQL_HEAP, lines)).toMatchObject([{ value: 2, goal: 6.5, floor: 4.5, goalHolds: false, floorHolds: false }]);
  });

  it('reports lines, what went wrong, and loads that make figures worthless', () => {
    const report = reportOf(DATASTREAM, [{ ...line, query: 'q0', gross: 2, net: undefined, load: 1.5 }, { query: 'q1', form: 'datastream', events: 1000, problem: 'results differ' }]);
    expect(report).toContain('DataStream, heap, 2 of 14 queries');
    expect(report).toMatch(/q0 +1000 +2\.00 +1\.00 +6\.00 \/ 7\.00 +2\.00 +± 2 % +– +90 \/ 400 +1\.50 ! +equal over 500 events: 7 rows 0/);
    expect(report).toMatch(/q1 .*results differ/);
    expect(report).toContain('gross, geometric mean: 2.00; goal ≥ 1.6 holds, floor ≥ 1.2 holds');
    expect(report).toContain('1 of these were taken under a foreign load');
    expect(JSON.parse(jsonOf({ ...line, gross: 2.000049 }))).toMatchObject({ gross: 2, hash: '7 rows 0' });
  });

  it.each(SQL_HEAP.queries)('%s: makes the table of the published SQL of our rows', async (name) => {
    const query = QUERIES.find((each) => each.name === name);
    const table = new SqlTable(query);
    let rows = 0;
    const take = (row) => {
      rows++;
      table.take(row);
    };
    await startQuery({ query, events: 20_000, folder: '', sink: () => takingSink(take) }).done;
    const count = Number.parseInt(table.text(), 10);
    expect(count).toBeGreaterThan(0);
    if (query.results === 'updates') expect(count).toBeLessThan(rows);
    else expect(count).toBe(rows);
  });

  it('says BENCH-1 and ends with code 3 where there is no Maven', async () => {
    const child = spawn(process.execPath, [RUN, 'nexmark', '--against', 'flink'], { env: { PATH: '' }, stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (data) => (errors += data));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(errors).toContain('BENCH-1');
    expect(code).toBe(3);
  });
});
