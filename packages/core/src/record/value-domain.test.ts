import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { ValueNotSupported } from './errors.js';
import { explainUnsupported, fieldPath, isPlainObject } from './value-domain.js';
import { DOMAIN, refusedValues } from './value-domain.test-values.js';

describe('the value domain', () => {
  it.each(DOMAIN)('R48 takes %s', (_, value) => {
    expect(explainUnsupported(value)).toBeUndefined();
  });

  it.each(refusedValues())('refuses %s', (_, value) => {
    expect(explainUnsupported([{ a: value }])?.where.path).toMatch(/^\$\[0\]\.a/);
  });

  it('finds what encoders leave out: fields named by symbols, and named fields of arrays', () => {
    expect(ValueNotSupported.is(explainUnsupported({ [Symbol('hidden')]: 1 }))).toBe(true);
    expect(explainUnsupported({ match: /b/.exec('abc') })?.where.path).toBe('$.match.index');
  });

  it('takes plain objects of another realm for plain objects', () => {
    expect(isPlainObject(runInNewContext('({ a: 1 })') as object)).toBe(true);
    expect(isPlainObject(new Date())).toBe(false);
    expect(explainUnsupported(runInNewContext('({ a: 1 })'))).toBeUndefined();
    expect(fieldPath('$', 'a b')).toBe('$["a b"]');
  });
});
