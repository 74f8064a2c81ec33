import { expect, it, vi } from 'vitest';
import { ByteWriter } from '../../../base/bytes.js';
import { t } from '../../../record/types/t.js';
import type { BlobSection } from '../../format/key-group-blob.js';
import { TAG } from '../../format/tags.js';
import { ValueCodec } from '../../format/value-codec.js';
import type { RestoredChain, RestoredState } from '../heap/restored-state.js';
import type { LogStore } from './log-store.js';
import { NewestBytes } from './newest-bytes.js';

it('makes room for as many keys as the first key group of some size lets expect, and not for any number when all of them were put into that', () => {
  const writer = new ByteWriter();
  for (let at = 0; at < 2000; at++) {
    writer.u8(TAG.value);
    writer.string(`key ${at}`);
    writer.f64(at);
  }
  const entries = writer.toBytes();
  const section = { state: { ttl: null }, removed: new Uint8Array(0), entries } as unknown as BlobSection;
  const restored = { apply: (_part: unknown, use: (section: BlobSection) => void) => use(section) } as unknown as RestoredState;
  const readers = [{ key: new ValueCodec(t.string), mapKey: undefined, value: new ValueCodec(t.number) }];
  for (const [groups, room] of [[128, 256_000], [32_768, 2 ** 22]] as const) {
    const reserve = vi.fn();
    const store = { ttl: null, index: { reserve }, restoreRow: () => 0 } as unknown as LogStore;
    const newest = new NewestBytes(store, groups);
    for (let keyGroup = 0; keyGroup < 2; keyGroup++) expect(newest.restore(restored, keyGroup, [{}] as unknown as RestoredChain, readers)).toBe(true);
    expect(reserve.mock.calls).toEqual([[room]]);
  }
});
