import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../base/bytes.js';
import { formatKit } from '../testing/format-kit.js';
import { FormatOptionInvalid, RawNotEncodable } from './errors.js';
import { raw } from './raw.js';

describe('raw', () => {
  for (const { name, run } of formatKit({ format: raw(), values: ['a', ' ü€😀 ', '{"x":1}'], malformed: [new Uint8Array([0xc3, 0x28])], equal: (left, right) => left === right })) it(`kit, string: ${name}`, run);
  for (const { name, run } of formatKit({
    format: raw('bytes'),
    values: [new Uint8Array([1, 255]), new Uint8Array([0])],
    malformed: [],
    equal: (left, right) => left.join() === right.join(),
  })) it(`kit, bytes: ${name}`, run);

  it('refuses what would read back as something else', () => {
    for (const [format, value] of [[raw(), 'a\nb'], [raw(), 5], [raw('bytes'), new Uint8Array([10])], [raw('bytes'), 'a']] as const) {
      expect(() => format.createEncoder().encode(value as never, new ByteWriter())).toThrow(RawNotEncodable.code);
    }
    expect(() => raw('text' as never)).toThrow(FormatOptionInvalid.code);
  });
});
