import { describe, expect, it } from 'vitest';
import { differences } from '../../../../golden/flink/differences.js';
import { type CombinerSettings, loadKeyGroupTables, loadScenarios, type Output, type Scenario, timeOf } from '../../../../golden/flink/golden.js';
import { murmurFinal } from '../base/murmur3.js';
import { keyGroupFor, keyGroupRange, subtaskForKeyGroup } from './key-hash.js';
import { WatermarkMerger } from './watermark-merger.js';

/** What a merger emitted, step by step, in the form of the golden data. */
class Recorder {
  readonly outputs: Output[] = [];
  step = 0;

  emitWatermark(watermark: number): void {
    this.outputs.push({ step: this.step, kind: 'watermark', ts: watermark === Infinity ? 'MAX' : watermark });
  }

  emitStatus(status: 'active' | 'idle'): void {
    this.outputs.push({ step: this.step, kind: 'status', idle: status === 'idle' });
  }
}

function mergerFor(settings: CombinerSettings, recorder: Recorder): WatermarkMerger {
  if (settings.kind === 'valve') return new WatermarkMerger(recorder, { channels: settings.channels });
  if (settings.kind === 'twoInput') return new WatermarkMerger(recorder, { channels: 2, over: 'inputs' });
  return new WatermarkMerger(recorder, { channels: 0, over: 'inputs', whenEmpty: 'hold' });
}

function play(scenario: Scenario<CombinerSettings>): Output[] {
  const recorder = new Recorder();
  const merger = mergerFor(scenario.operator, recorder);
  const splits = new Map<number, number>();
  const channelOf = (input: number): number => splits.get(input) ?? input;
  for (const [index, step] of scenario.steps.entries()) {
    recorder.step = index;
    if (step.op === 'watermark') {
      // Behind a valve an idle stream brings no watermark; Flink's own combiners take one as a sign of life.
      if (scenario.operator.kind !== 'valve') merger.setIdle(channelOf(step.input), false);
      merger.advance(channelOf(step.input), timeOf(step.ts));
    }
    if (step.op === 'status') merger.setIdle(channelOf(step.input), step.idle);
    else if (step.op === 'register') splits.set(step.input, merger.addChannel());
    else if (step.op === 'unregister') merger.removeChannel(channelOf(step.input));
    else if (step.op === 'end') for (const channel of [0, 1]) merger.advance(channel, Number.POSITIVE_INFINITY);
  }
  return recorder.outputs;
}

/** Where a merger says more, or sooner, than Flink's classes do; see the reason at each. */
function comparable(topic: string, outputs: readonly Output[]): Output[] {
  // Elements of the two-input operator only pass through; the merger has nothing to do with them.
  if (topic === 'watermark-two-input') return outputs.filter((output) => output.kind !== 'record');
  return [...outputs];
}

/** The last watermark after each step: what matters to whoever is behind, however the statuses are told. */
function watermarkAfterEachStep(scenario: Scenario, outputs: readonly Output[]): (number | undefined)[] {
  let last: number | undefined;
  return scenario.steps.map((_, step) => {
    for (const output of outputs) if (output.step === step && output.kind === 'watermark') last = timeOf(output.ts);
    return last;
  });
}

describe('R19 the merging of a gate, as the valve of Flink', () => {
  for (const scenario of loadScenarios<CombinerSettings>('watermark-valve')) {
    if (scenario.differs !== undefined) continue;
    it(scenario.name, () => expect(differences(scenario, play(scenario))).toEqual([]));
  }
});

describe.each([['R19', 'watermark-two-input'], ['R22', 'watermark-splits']] as const)('%s %s, as in Flink', (_rule, topic) => {
  for (const scenario of loadScenarios<CombinerSettings>(topic)) {
    if (scenario.differs !== undefined || scenario.steps.some((step) => step.op === 'snapshotRestore')) continue;
    it(scenario.name, () => {
      const wanted = { ...scenario, outputs: comparable(topic, scenario.outputs) };
      expect(watermarkAfterEachStep(wanted, play(scenario))).toEqual(watermarkAfterEachStep(wanted, wanted.outputs));
    });
  }
});

describe('R36 key groups, as in Flink', () => {
  const tables = loadKeyGroupTables();

  it('finalises a hash and finds its key group for every maximum', () => {
    for (const [hash, murmur, keyGroups] of tables.hashes) {
      expect(murmurFinal(hash)).toBe(murmur);
      expect(tables.maxima.map((maximum) => keyGroupFor(hash, maximum))).toEqual(keyGroups);
    }
  });

  it('gives each subtask the same range and each key group the same subtask', () => {
    for (const { maxParallelism, parallelism, ranges, subtaskOfKeyGroup } of tables.assignments) {
      expect(Array.from({ length: parallelism }, (_, subtask) => keyGroupRange(subtask, parallelism, maxParallelism)).map(({ first, last }) => [first, last])).toEqual(ranges);
      subtaskOfKeyGroup.forEach((subtask, group) => expect(subtaskForKeyGroup(group, parallelism, maxParallelism)).toBe(subtask));
    }
  });
});
