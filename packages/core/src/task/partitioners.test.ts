import { describe, expect, it } from 'vitest';
import type { Partitioning } from '../graph/stream-graph.js';
import { CurrentRecord } from '../operators/current-record.js';
import { StageCode } from '../operators/fusion/stage-code.js';
import { keyGroupOf, subtaskForKeyGroup } from '../record/key-hash.js';
import { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import { ALL_CHANNELS, type Partitioner } from './partitioner.js';
import { createPartitioner, type PartitionerContext } from './partitioners.js';

const { random } = new SimulatedPlatform({ seed: 7 });

function partitioner(settings: Partial<PartitionerContext> & Pick<PartitionerContext, 'partitioning'>): Partitioner {
  return createPartitioner({ program: undefined, channels: 3, sender: 0, maxParallelism: 128, random, target: 'sums', ...settings });
}

const channels = (chosen: Partitioner, count: number): number[] => Array.from({ length: count }, (_, index) => chosen.channelOf(index));

describe('partitioners', () => {
  it('deals records out in turn, each sender from another start', () => {
    expect(channels(partitioner({ partitioning: 'rebalance' }), 5)).toEqual([0, 1, 2, 0, 1]);
    expect(channels(partitioner({ partitioning: 'rebalance', sender: 4 }), 3)).toEqual([1, 2, 0]);
  });

  it('sends everything to the first channel, or to all', () => {
    expect(channels(partitioner({ partitioning: 'global' }), 2)).toEqual([0, 0]);
    expect(channels(partitioner({ partitioning: 'broadcast' }), 1)).toEqual([ALL_CHANNELS]);
  });

  it('does not look at records where there is one channel to choose from', () => {
    const code = new StageCode(new CurrentRecord());
    const constantChannel = (partitioning: Partitioning, channels: number): unknown => partitioner({ partitioning, channels }).fuseChannel?.(code, 'value').channel;
    for (const partitioning of ['forward', 'global', 'broadcast', 'rebalance', 'rescale'] as const) expect(constantChannel(partitioning, 1)).toBe(0);
    for (const partitioning of ['broadcast', 'rebalance', 'rescale'] as const) expect(constantChannel(partitioning, 2)).not.toBe(0);
  });

  it('shuffles over all channels', () => {
    const counts = [0, 0, 0];
    for (const channel of channels(partitioner({ partitioning: 'shuffle' }), 3000)) counts[channel]! += 1;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('R36 sends a key to the subtask that owns its key group', () => {
    const byKey = partitioner({ partitioning: 'hash', program: { keyOf: (value) => value } });
    for (const key of ['a', 'b', 7, 7n, true, -1.5]) expect(byKey.channelOf(key)).toBe(subtaskForKeyGroup(keyGroupOf(key, 128), 3, 128));
  });

  it('refuses a custom choice that is out of range, naming operator and number', () => {
    const custom = (partition: (key: unknown, count: number) => number): Partitioner => partitioner({ partitioning: 'custom', program: { keyOf: (value) => value, partition } });
    expect(custom((key, count) => Number(key) % count).channelOf(4)).toBe(1);
    expect(() => custom(() => 3).channelOf(0)).toThrow(/MR-2201.*"sums" returned 3 for 3 channels/s);
    expect(() => custom(() => Number.NaN).channelOf(0)).toThrow(/MR-2201/);
  });
});
