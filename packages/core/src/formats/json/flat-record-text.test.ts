import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlatRecordText } from './flat-record-text.js';

const SCALARS = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)), fc.integer(), fc.boolean(), fc.constant(null));

describe('the JSON of flat records', () => {
  it('is that of JSON.stringify, whatever fields came before', () => {
    const flat = new FlatRecordText();
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.oneof(fc.constantFrom('a', 'b', '1', 'with "quotes"', '__proto__'), fc.string()), SCALARS, { noNullPrototype: true }), { maxLength: 5 }), (records) => {
        for (const record of records) expect(flat.of(record)).toBe(JSON.stringify(record));
      }),
      { numRuns: 500 },
    );
    expect(flat.of({ lone: 'a\ud800', pair: '\u{1f600}', line: '\u2028' })).toBe(JSON.stringify({ lone: 'a\ud800', pair: '\u{1f600}', line: '\u2028' }));
  });

  it('leaves every other value to those who know it', () => {
    const flat = new FlatRecordText();
    class Order {
      readonly id: number = 1;
    }
    const others = [1, 'a', null, [1], { a: [] }, { a: {} }, { a: undefined }, { a: Number.NaN }, { a: Infinity }, { a: -0 }, { a: 1n }, { toJSON: () => 1 }, new Order(), new Map(), new Date(0), Object.create(null)];
    for (const value of others) expect(flat.of(value)).toBe(undefined);
  });

  it('stands aside where all objects have inherited a field', () => {
    const flat = new FlatRecordText();
    const prototype = Object.prototype as Record<string, unknown>;
    try {
      prototype['inherited'] = 1;
      expect(flat.of({ a: 1 })).toBe(undefined);
    } finally {
      delete prototype['inherited'];
    }
    expect(flat.of({ a: 1 })).toBe('{"a":1}');
  });
});
