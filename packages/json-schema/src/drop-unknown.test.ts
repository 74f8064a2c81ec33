import type { Format } from '@millrace/core/spi';
import { describe, expect, it } from 'vitest';
import { JsonSchemaMismatch } from './errors.js';
import { jsonSchema } from './json-schema.js';

const closed = (properties: object, required: readonly string[] = []): object => ({ type: 'object', properties, required, additionalProperties: false });
const text = { type: 'string' };
const dropping = (schema: object, references: readonly { name: string; schema: object }[] = []): Format<unknown> => jsonSchema({ schema, references, unknownProperties: 'drop' });

function read(format: Format<unknown>, document: unknown): unknown {
  const bytes = Buffer.from(JSON.stringify(document));
  let found: unknown;
  try {
    format.createDecoder({ source: 'test', maxDepth: 64 }).decode(bytes, 0, bytes.length, { record: (value) => (found = value) });
  } catch (error) {
    expect(JsonSchemaMismatch.is(error)).toBe(true);
    return 'refused';
  }
  return found;
}

describe('unknown properties that are left out', () => {
  for (const keyword of ['anyOf', 'oneOf']) it(`are not those that another branch of ${keyword} knows`, () => {
    const payment = dropping({ [keyword]: [closed({ card: text }, ['card']), closed({ iban: text, note: text }, ['iban'])] });
    expect(read(payment, { iban: 'x' })).toEqual({ iban: 'x' });
    expect(read(payment, { iban: 'x', note: 'n', more: 1 })).toEqual({ iban: 'x', note: 'n' });
    expect(read(payment, { card: 'x', more: 1 })).toEqual({ card: 'x' });
    expect(read(payment, { more: 1 })).toBe('refused');
    // Either could be meant.
    expect(read(payment, { card: 'x', iban: 'y' })).toBe('refused');
  });

  it('are those of the branch that leaves out the least', () => {
    const either = dropping({ anyOf: [closed({ a: text }), closed({ a: text, b: text }), closed({ c: text })] });
    expect(read(either, { a: 'x', b: 'y', more: 1 })).toEqual({ a: 'x', b: 'y' });
    expect(read(either, { b: 'y', c: 'z' })).toBe('refused');
  });

  it('are found in lists, in what may be null, in references and inside each other', () => {
    const money = closed({ amount: { type: 'integer' }, of: { anyOf: [{ type: 'null' }, closed({ code: text }, ['code'])] } }, ['amount']);
    const order = dropping({ ...closed({ 'total/~': { anyOf: [{ type: 'null' }, { $ref: 'money' }] }, items: { type: 'array', items: { oneOf: [{ type: 'string' }, { $ref: 'money' }] } }, plain: closed({ a: text }) }), required: ['items'] }, [{ name: 'money', schema: money }]);
    expect(read(order, { 'total/~': { amount: 5, x: 1 }, items: ['a', { amount: 1, y: 1 }, { amount: 2, z: 1, of: null }], plain: { a: 'x', b: 1 }, w: 1 })).toEqual({ 'total/~': { amount: 5 }, items: ['a', { amount: 1 }, { amount: 2, of: null }], plain: { a: 'x' } });
    expect(read(order, { items: [{ amount: 1, of: { code: 'EUR', more: 1 } }] })).toEqual({ items: [{ amount: 1, of: { code: 'EUR' } }] });
    expect(read(order, { items: [{ amount: 'x', more: 1 }] })).toBe('refused');
    expect(read(order, { items: [], 'total/~': null })).toEqual({ items: [], 'total/~': null });
  });
});
