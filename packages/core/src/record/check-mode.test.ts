import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepFreeze, valueHash } from './check-mode.js';
import { codecFor } from './codec/codec.js';
import { ByteReader, ByteWriter } from '../base/bytes.js';
import { t } from './types/t.js';
import { anyDomainValue, DOMAIN, refusedValues } from './value-domain.test-values.js';

describe('check mode', () => {
  it('freezes through and through, maps and cycles included, and leaves typed arrays alone', () => {
    const inner = { a: [1, { b: 2 }] };
    const bytes = new Uint8Array(2);
    const value = { inner, map: new Map([[{ k: 1 }, inner]]), set: new Set([[1]]), bytes, self: undefined as unknown };
    value.self = value;
    expect(deepFreeze(value)).toBe(value);
    expect(Object.isFrozen(inner.a[1])).toBe(true);
    expect(Object.isFrozen([...value.map.keys()][0])).toBe(true);
    expect(Object.isFrozen([...value.set][0])).toBe(true);
    bytes[0] = 1;
    expect(() => ((inner.a as unknown[])[0] = 5)).toThrow(TypeError);
    const shallow = Object.freeze({ in: { x: 1 } });
    deepFreeze(shallow);
    expect(Object.isFrozen(shallow.in)).toBe(true);
    expect(deepFreeze('text')).toBe('text');
  });

  it.each([...DOMAIN, ...refusedValues()])('hashes %s, always alike', (_, value) => {
    expect(valueHash(value)).toBe(valueHash(value));
  });

  it('hashes a copy alike and a changed value differently', () => {
    fc.assert(
      fc.property(anyDomainValue(), (value) => {
        const writer = new ByteWriter();
        codecFor(t.dynamic).encode(value, writer);
        const copy = codecFor(t.dynamic).decode(new ByteReader(writer.toBytes()));
        expect(valueHash(copy)).toBe(valueHash(value));
        expect(valueHash([copy])).not.toBe(valueHash([[value]]));
      }),
    );
    const map = new Map([['a', { n: 1 }]]);
    const before = valueHash(map);
    map.get('a')!.n = 2;
    expect(valueHash(map)).not.toBe(before);
    const bytes = new Uint8Array(3);
    const empty = valueHash({ bytes });
    bytes[1] = 1;
    expect(valueHash({ bytes })).not.toBe(empty);
    class A {
      x = 1;
    }
    expect(valueHash(new A())).not.toBe(valueHash({ x: 1 }));
  });
});
