import { expect, it } from 'vitest';
import { t } from '../../record/types/t.js';
import { intervalJoinOperator } from './interval-join.js';

const settings = (bounds: { lowerMs: number; upperMs: number; lowerInclusive?: boolean; upperInclusive?: boolean }): Parameters<typeof intervalJoinOperator>[0] => ({
  keyOf1: (value) => value, keyOf2: (value) => value, keyType: t.string, lowerInclusive: true, upperInclusive: true, join: () => {}, ...bounds,
});

it('MR-2060 refuses an interval in which no millisecond lies, and bounds that are no whole milliseconds', () => {
  expect(() => intervalJoinOperator(settings({ lowerMs: 2, upperMs: 1 }))).toThrow(/MR-2060/);
  expect(() => intervalJoinOperator(settings({ lowerMs: 1, upperMs: 1, lowerInclusive: false }))).toThrow(/MR-2060/);
  expect(() => intervalJoinOperator(settings({ lowerMs: 0.5, upperMs: 1 }))).toThrow(/MR-2060/);
  expect(() => intervalJoinOperator(settings({ lowerMs: 1, upperMs: 1 }))).not.toThrow();
});
