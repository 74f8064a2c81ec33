import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../base/bytes.js';
import { crc32c } from '../../base/crc32c.js';
import { MAX_CHUNK_BYTES, openChunks, sealChunks } from './chunks.js';
import { parseBlob } from './key-group-blob.js';

describe('chunks of a state blob', () => {
  it('give back contents of any size, in chunks of 4 MiB at most', () => {
    for (const size of [0, 1, MAX_CHUNK_BYTES, MAX_CHUNK_BYTES + 1]) {
      const contents = new Uint8Array(size).fill(7);
      expect(openChunks(sealChunks(contents)).length).toBe(size);
    }
  });

  it('notice chunks that change places or are left out', () => {
    const contents = new Uint8Array(2 * MAX_CHUNK_BYTES);
    contents.fill(1, 0, MAX_CHUNK_BYTES);
    const blob = sealChunks(contents);
    const chunk = 8 + MAX_CHUNK_BYTES;
    const swapped = blob.slice();
    swapped.set(blob.subarray(12 + chunk, 12 + 2 * chunk), 12);
    swapped.set(blob.subarray(12, 12 + chunk), 12 + chunk);
    expect(() => openChunks(swapped)).toThrow(expect.objectContaining({ code: 'MR-1305' }));
    const shortened = new Uint8Array([...blob.subarray(0, 12 + chunk), ...blob.subarray(12 + 2 * chunk)]);
    expect(() => openChunks(shortened)).toThrow(expect.objectContaining({ code: 'MR-1305' }));
  });

  it('refuse versions they do not know by code, naming operator and key group', () => {
    const place = { operatorUid: 'sums', keyGroup: 3 };
    const later = sealChunks(new Uint8Array([1]));
    const view = new DataView(later.buffer);
    view.setUint32(4, 2, true);
    view.setUint32(8, crc32c(later, 0, 0, 8), true);
    expect(() => parseBlob(later, place)).toThrow(/MR-1306.*operator "sums", key group 3/);
    const writer = new ByteWriter();
    writer.u16(9);
    expect(() => parseBlob(sealChunks(writer.view()), place)).toThrow(/MR-1306.*operator "sums", key group 3.*format 9/);
  });
});
