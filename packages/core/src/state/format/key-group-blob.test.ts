import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../base/bytes.js';
import { wrapBlob } from '../../record/chunked-blob.js';
import { BlobAssembly, writeBlob } from './blob-assembly.js';
import { type BlobHeader, parseBlob } from './key-group-blob.js';
import { SectionWriter } from './section-writer.js';
import { metaOf } from './state-meta.js';
import { TAG } from './tags.js';

const place = { operatorUid: 'sums', keyGroup: 3 };
const header: BlobHeader = {
  ...place,
  kind: 'delta',
  maxParallelism: 128,
  checkpointId: 7,
  watermark: -Infinity,
  keyType: 'dynamic',
  states: [metaOf('empty', 'value', { kind: 'number' }), metaOf('list', 'list', { kind: 'string' })],
};

describe('the blob of a key group', () => {
  it('gives back its header and the sections that hold something', () => {
    const section = new SectionWriter();
    section.entries.begin(TAG.dropNamespace, 5, 6);
    const parsed = parseBlob(writeBlob(header, [new SectionWriter(), section]), place);
    expect(parsed.header).toEqual(header);
    expect(parsed.sections.map(({ state }) => state.name)).toEqual(['list']);
  });

  it('refuses versions it does not know by code, naming operator and key group', () => {
    const later = writeBlob(header, []);
    later[6] = 9;
    expect(() => parseBlob(later, place)).toThrow(/MR-1306.*operator "sums", key group 3/);
    const writer = new ByteWriter();
    writer.u16(9);
    expect(() => parseBlob(wrapBlob(writer.view()), place)).toThrow(/MR-1306.*operator "sums", key group 3.*format 9/);
  });

  it('is refused when it is saved, if it could not be restored', () => {
    const section = new SectionWriter();
    section.entries.begin(TAG.value, 0, 0).string('x'.repeat(100));
    section.removals().begin(TAG.removeKey, 0, 0).string('y'.repeat(100));
    expect(new BlobAssembly(header, [section], null, 300).step()).toBe(undefined);
    expect(() => new BlobAssembly(header, [section], null, 150)).toThrow(expect.objectContaining({ code: 'MR-1317', where: { operator: 'sums' } }));
  });
});
