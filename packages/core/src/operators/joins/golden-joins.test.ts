import { describe, expect, it } from 'vitest';
import { differences } from '../../../../../golden/flink/differences.js';
import { type ElementValue, type IntervalJoinSettings, loadScenarios, type Output, type Scenario, timeOf, type WindowJoinSettings } from '../../../../../golden/flink/golden.js';
import { sessionEventTime, slidingEventTime, tumblingEventTime } from '../../functions/window-assigners.js';
import type { WindowAssigner } from '../../functions/window.js';
import { t } from '../../record/types/t.js';
import type { OutputEvent } from '../../testing/harness-log.js';
import { OperatorHarness } from '../../testing/operator-harness.js';
import type { OperatorFactory } from '../operator.js';
import { intervalJoinOperator } from './interval-join.js';
import { coGroupOperator, windowJoinOperator } from './window-join.js';

const keyOf = (value: unknown): string => (value as ElementValue).k;
const valueOf = (value: unknown): number => (value as ElementValue).v;

function assignerOf(settings: WindowJoinSettings['assigner']): WindowAssigner<unknown> {
  switch (settings.kind) {
    case 'tumbling': return tumblingEventTime(settings.size, { offset: settings.offset });
    case 'sliding': return slidingEventTime(settings.size, settings.slide, { offset: settings.offset });
    case 'session': return sessionEventTime(settings.gap);
    default: throw new Error(settings.kind);
  }
}

function factoryOf(settings: IntervalJoinSettings | WindowJoinSettings): OperatorFactory {
  const keys = { keyOf1: keyOf, keyOf2: keyOf, keyType: t.string };
  switch (settings.kind) {
    case 'intervalJoin':
      return intervalJoinOperator({
        ...keys, lowerMs: settings.lower, upperMs: settings.upper, lowerInclusive: settings.lowerInclusive, upperInclusive: settings.upperInclusive,
        ...(settings.lateOutput ? { lateLeft: 'left', lateRight: 'right' } : {}),
        join: (left, right, { leftTimestamp, rightTimestamp }, out) =>
          out.collect({ k: keyOf(left), l: valueOf(left), r: valueOf(right), lts: leftTimestamp, rts: rightTimestamp }),
      });
    case 'windowJoin':
      return windowJoinOperator({ ...keys, assigner: assignerOf(settings.assigner), allowedLatenessMs: settings.lateness, fn: (left, right) => ({ k: keyOf(left), l: valueOf(left), r: valueOf(right) }) });
    case 'coGroup':
      return coGroupOperator({
        ...keys, assigner: assignerOf(settings.assigner), allowedLatenessMs: settings.lateness,
        fn: (left, right, { key }) => [{ k: key, l: left.map(valueOf), r: right.map(valueOf) }],
      });
  }
}

const toTime = (time: number): number | 'MAX' | 'MIN' => (time === Infinity ? 'MAX' : time === -Infinity ? 'MIN' : time);

function outputOf(step: number, event: OutputEvent): Output {
  if (event.kind === 'watermark') return { step, kind: 'watermark', ts: toTime(event.watermark) };
  if (event.kind === 'status') return { step, kind: 'status', idle: event.idle };
  const value = event.value as Record<string, unknown>;
  const ts = event.timestamp === undefined ? null : toTime(event.timestamp);
  return event.output === 'main' ? { step, kind: 'record', value, ts } : { step, kind: 'side', tag: event.output, value, ts };
}

async function play(scenario: Scenario<IntervalJoinSettings | WindowJoinSettings>, refuseOutput: boolean): Promise<Output[]> {
  const factory = factoryOf(scenario.operator);
  const options = { inputs: 2, sideOutputs: ['left', 'right'], refuseOutput };
  const both = scenario.operator.kind !== 'intervalJoin';
  let harness = await OperatorHarness.open(factory, options);
  const outputs: Output[] = [];
  for (const [index, step] of scenario.steps.entries()) {
    try {
      switch (step.op) {
        case 'element': harness.element(step.value, step.ts === null ? undefined : timeOf(step.ts), step.input); break;
        case 'watermark':
          harness.watermark(timeOf(step.ts), step.input);
          if (both) harness.watermark(timeOf(step.ts), 1 - step.input);
          break;
        case 'snapshotRestore': {
          const restore = [harness.snapshot()];
          await harness.close();
          harness = await OperatorHarness.open(factory, { ...options, restore });
          break;
        }
        case 'status': if (step.idle) harness.idle(step.input); else harness.active(step.input); break;
        case 'end':
          harness.finish();
          // The harness says that an idle input is active again before its final watermark; Flink's does not.
          outputs.push(...harness.takeEvents().filter((event) => event.kind !== 'status').map((event) => outputOf(index, event)));
          break;
        default: throw new Error(`step ${step.op} is not for joins`);
      }
    } catch (error) {
      if ((error as { code?: string }).code === undefined) throw error;
      outputs.push(...harness.takeEvents().map((event) => outputOf(index, event)), { step: index, kind: 'error' });
      return outputs;
    }
    outputs.push(...harness.takeEvents().map((event) => outputOf(index, event)));
  }
  await harness.close();
  return outputs;
}

for (const [topic, rule] of [['interval-join', 'R29'], ['window-join', 'R30']] as const) {
  describe(`${rule} ${topic}, as the operators of Flink`, () => {
    for (const scenario of loadScenarios<IntervalJoinSettings | WindowJoinSettings>(topic)) {
      if (scenario.differs !== undefined) continue;
      it(scenario.name, async () => {
        if (scenario.error === true) {
          expect(() => factoryOf(scenario.operator)).toThrow(/MR-\d+/);
          return;
        }
        expect(differences(scenario, await play(scenario, false))).toEqual([]);
        expect(differences(scenario, await play(scenario, true))).toEqual([]);
      });
    }
  });
}
