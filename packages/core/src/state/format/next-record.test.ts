import { expect, it } from 'vitest';
import { nextRecord } from './next-record.js';
import { TAG } from './tags.js';

const NAMESPACE = [TAG.namespace, ...new Array<number>(16).fill(7)];

it('finds records of one tag behind their namespaces, and the end', () => {
  const bytes = Uint8Array.from([...NAMESPACE, ...NAMESPACE, TAG.value, 1]);
  expect(nextRecord(bytes, 0, TAG.value)).toBe(35);
  expect(nextRecord(bytes, 36, TAG.value)).toBe(-1);
  expect(nextRecord(Uint8Array.from(NAMESPACE), 0, TAG.value)).toBe(-1);
});

it('refuses another tag, and a namespace that is cut off', () => {
  expect(() => nextRecord(Uint8Array.from([TAG.removeKey]), 0, TAG.value)).toThrow('MR-1305');
  expect(() => nextRecord(Uint8Array.from(NAMESPACE.slice(0, 9)), 0, TAG.value)).toThrow('the namespace of a record is cut off');
});
