import { describe, expect, it, vi } from 'vitest';
import { literalFields, onlyReads } from './function-text.js';

type Any = Record<string, never>;
const text = (source: string): unknown => new Function(`return ${source}`)();

describe('the fields of a literal that a function makes', () => {
  it('are read off the arrow function', () => {
    expect(literalFields(({ b, a }: Any) => ({ b, a }))).toEqual(['b', 'a']);
    for (const source of ['r => ({ id: r.id, $n: Math.max(r.a, r[0]) })', '(r) => ({ id: r.a ? [r.a, { x: 1, y: 2 }] : (r, 2), $n: (a, b) => ({ a, b }), })', '({ id, $n = f({ a: 1 }, 2) }) => ( {\n id\n, $n } )\n', 'async => ({ id: 1, $n: 2 })']) {
      expect(literalFields(text(source)), source).toEqual(['id', '$n']);
    }
  });

  it('are not known of any other function', () => {
    const others = [
      'r => r', 'r => ({})', 'r => ({ a: 1 }).a', 'r => ({ a: 1 }) && r', 'r => ({ a: 1 }, r)', 'r => { return { a: 1 }; }', 'async r => ({ a: 1 })', 'async (r) => ({ a: 1 })', 'function (r) { return ({ a: 1 }); }',
      'r => ({ ...r })', 'r => ({ a: 1, ...r })', 'r => ({ a() {} })', 'r => ({ get a() { return 1; } })', 'r => ({ async a() {} })', 'r => ({ *a() {} })', 'r => ({ [r]: 1 })', 'r => ({ 1: 1 })', 'r => ({ "a": 1 })', 'r => ({ a: "}" })',
      'r => ({ a: `,b` })', 'r => ({ a: 1, /* , */ b: 2 })', 'r => ({ a: /,/ })', 'r => ({ __proto__: r })', 'r => ({ a: 1, b: 2, a: 3 })', 'r => ({ \\u0061: 1 })', 'r => ({ ä: 1 })', 'r => ({ a: 1 <!-- , b: 2\n })', '(r, s) => ({ a: 1 })',
      '(r => ({ a: 1 })).bind(null)', 'new Proxy(r => ({ a: 1 }), { apply: () => ({ b: 1 }) })', 'Object.assign((r) => [r], { toString: () => "r => ({ a: 1 })" })', '({ map: r => ({ a: 1 }) })', 'class {}', '5', 'undefined',
    ];
    for (const source of others) expect(literalFields(text(source)), source).toBeUndefined();
  });
});

it('asks the language for the text, not what a library of the job has put in its place', () => {
  const replaced = vi.spyOn(Function.prototype, 'toString').mockReturnValue('r => ({ a: 1 })');
  const found = literalFields(function wrapper() {});
  replaced.mockRestore();
  expect(found).toBeUndefined();
});

describe('a function that only reads', () => {
  it('takes the record apart, or reads a path of it', () => {
    for (const source of ['({ id }) => f(id)', '( { id: { n } }) => n % 7', 'r => r.id', '(r) => r.id.of', '$ => $']) expect(onlyReads(text(source)), source).toBe(true);
    for (const source of ['r => f(r)', 'r => r.f()', 'r => r.a = 1', 'r => s.a', 'r => r[0]', '(r) => { return r.a; }', 'function ({ a }) { return arguments[0]; }', '(r, { a }) => r', '({ f({ a }) { return this; } }).f', '5']) {
      expect(onlyReads(text(source)), source).toBe(false);
    }
  });
});
