import { describe, expect, it } from 'vitest';
import { CurrentRecord } from '../operators/current-record.js';
import { StageCode } from '../operators/fusion/stage-code.js';
import { readsField } from '../operators/key-field.js';
import { keyGroupOf, subtaskForKeyGroup } from '../record/key-hash.js';
import { KeyChannels } from './key-channels.js';

/** `channelOf` as generated code does it. */
function generated(partitioner: KeyChannels): (value: unknown) => number {
  const code = new StageCode(new CurrentRecord());
  const { declare, channel } = partitioner.fuseChannel(code, 'value');
  return code.build(['value'], `${declare}\nreturn ${channel};`) as (value: unknown) => number;
}

describe('the channels of keys', () => {
  it('R36 are the owners of their key groups, remembered or not, as text and as code', () => {
    const keys = [0, -0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 0.5, Infinity, '0', '', 7n, true, [1, 2], { a: 1 }];
    // More than are remembered, each twice in a row and once more later.
    for (let key = 0; key < 6000; key++) keys.push(key * 7, key * 7, key);
    for (const channels of [2, 3, 128]) {
      const partitioner = new KeyChannels((value) => value, 128, channels);
      const text = generated(partitioner);
      const owners = keys.map((key) => subtaskForKeyGroup(keyGroupOf(key, 128), channels, 128));
      expect(keys.map((key) => text(key))).toEqual(owners);
      expect(keys.map((key) => partitioner.channelOf(key))).toEqual(owners);
    }
  });

  it('refuses what cannot be a key as text and as code, also where the key is a field', () => {
    const keyOf = (value: unknown): unknown => {
      const key = (value as { readonly id?: unknown } | undefined)?.id;
      if (key === undefined) throw new RangeError('no id');
      return key;
    };
    readsField(keyOf, 'id');
    const partitioner = new KeyChannels(keyOf, 128, 2);
    for (const channelOf of [generated(partitioner), (value: unknown) => partitioner.channelOf(value)]) {
      expect(() => channelOf({ id: Number.NaN })).toThrow(/MR-/);
      expect(() => channelOf({})).toThrow('no id');
      expect(() => channelOf(undefined)).toThrow('no id');
      expect(channelOf({ id: 5 })).toBe(subtaskForKeyGroup(keyGroupOf(5, 128), 2, 128));
    }
  });
});
