import { describe, expect, it } from 'vitest';
import { differences } from './differences.js';
import { loadAssignerTables, loadKeyGroupTables, loadScenarios, timeOf, TOPICS, type Output, type Scenario } from './golden.js';

describe('golden data of Flink', () => {
  it.each(TOPICS)('%s: every line is a scenario whose outputs belong to its steps', (topic) => {
    const scenarios = loadScenarios(topic);
    expect(scenarios.length).toBeGreaterThanOrEqual(29);
    expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length);
    for (const scenario of scenarios) {
      let step = 0;
      for (const output of scenario.outputs) {
        expect(output.step).toBeGreaterThanOrEqual(step);
        step = output.step;
        if (output.kind === 'error') expect(step).toBe(scenario.steps.length - 1);
      }
      expect(step).toBeLessThan(Math.max(1, scenario.steps.length));
      expect(differences(scenario, scenario.outputs)).toEqual([]);
    }
  });

  it('no watermark of an output goes back, except across a restore', () => {
    for (const topic of TOPICS) {
      for (const { name, steps, outputs } of loadScenarios(topic)) {
        let last = -Infinity;
        let lastStep = 0;
        for (const output of outputs) {
          if (output.kind !== 'watermark') continue;
          if (steps.slice(lastStep, output.step).some(({ op }) => op === 'snapshotRestore')) last = -Infinity;
          expect(timeOf(output.ts), name).toBeGreaterThan(last);
          last = timeOf(output.ts);
          lastStep = output.step;
        }
      }
    }
  });

  it('windows hold their timestamp, and sliding ones come latest first', () => {
    for (const { operator, error, table } of loadAssignerTables()) {
      expect(table.length === 0).toBe(error === true);
      for (const [ts, windows] of table) {
        windows.forEach(([start, end], i) => {
          expect(start <= ts && ts < end).toBe(true);
          if (operator.kind === 'sliding' && i > 0) expect(start).toBe((windows[i - 1]?.[0] ?? 0) - operator.slide);
        });
      }
    }
  });

  it('key groups lie in their ranges', () => {
    const { maxima, hashes, assignments } = loadKeyGroupTables();
    for (const [, murmur, groups] of hashes) {
      expect(murmur).toBeGreaterThanOrEqual(0);
      expect(groups).toEqual(maxima.map((max) => murmur % max));
    }
    for (const { ranges, subtaskOfKeyGroup } of assignments) {
      subtaskOfKeyGroup.forEach((subtask, group) => {
        const [first, last] = ranges[subtask] ?? [1, 0];
        expect(first <= group && group <= last).toBe(true);
      });
    }
  });
});

describe('differences', () => {
  const record = (step: number, k: string, v: number, timer?: number): Output => ({ step, kind: 'record', value: { k, v }, ts: 9, ...(timer === undefined ? {} : { timer }) });
  const scenario: Scenario = {
    name: 'x',
    operator: { kind: 'window', assigner: { kind: 'tumbling', size: 10, offset: 0 }, function: 'aggregate' },
    steps: [{ op: 'watermark', input: 0, ts: 9 }],
    outputs: [record(0, 'a', 1, 9), record(0, 'a', 2, 9), record(0, 'a', 3, 12), record(0, 'b', 4, 9), { step: 0, kind: 'watermark', ts: 9 }],
  };

  it('accepts another order across keys and among timers of one time', () => {
    expect(differences(scenario, [record(0, 'b', 4), record(0, 'a', 2), record(0, 'a', 1), record(0, 'a', 3), { step: 0, kind: 'watermark', ts: 9 }])).toEqual([]);
  });

  it('finds another order of timers, a missing record, a record behind the watermark and a surplus one', () => {
    const [a, b, c, d, w] = scenario.outputs as [Output, Output, Output, Output, Output];
    for (const wrong of [[a, c, b, d, w], [a, b, c, w], [a, b, c, w, d], [a, b, c, d, d, w], [a, b, c, d], [a, b, c, d, w, record(1, 'a', 1)]]) {
      expect(differences(scenario, wrong)).not.toEqual([]);
    }
  });
});
