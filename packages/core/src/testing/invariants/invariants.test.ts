/** Each invariant holds for a good run, fails for a bad one, and says so when it could not look. */
import { describe, expect, it } from 'vitest';
import { checkRun, firstViolation, type RunObservations } from './check-run.js';
import { absent, observed, type InvariantId } from './invariant.js';

const GOOD: RunObservations = {
  output: observed([{ sink: 'out', committed: ['b', 'a', 'a'], expected: ['a', 'a', 'b'] }]),
  orderedRows: observed([{ key: 'x', number: 1 }, { key: 'x', number: 2 }]),
  numberedRows: observed([{ key: 'x', number: 1 }, { key: 'y', number: 1 }, { key: 'x', number: 2 }]),
  countedKeys: observed({ given: new Map([['x', 2]]), counted: new Map([['x', 2]]) }),
  watermarks: observed([{ place: 'p', watermark: 1, lowestInput: 5 }, { place: 'p', watermark: 5, lowestInput: 5 }]),
  panes: observed([{ operator: 'w', key: 'x', window: '0-10', pane: 0 }, { operator: 'w', key: 'x', window: '0-10', pane: 1 }]),
  looks: observed([{ sink: 'out', looks: [['a'], ['a', 'b']], final: ['b', 'a', 'c'] }]),
  replays: observed([{ checkpointId: 3, sink: 'out', rows: ['a'], uninterrupted: ['a'] }]),
  leftovers: observed({ present: ['part-0'], owned: new Set(['part-0', 'part-1']) }),
  flow: observed([{ channel: 'c', mostInFlight: 16, limit: 16, leastOutstanding: 0 }]),
  held: observed([{ what: 'records', most: 10, bound: 10 }]),
  balances: observed([{ operator: 'split', input: 6, output: 3, deadLetters: 1, filtered: 2 }]),
};

type Bad = readonly [id: InvariantId, reason: string, change: Partial<RunObservations>];

const BAD: readonly Bad[] = [
  ['I1', 'a row too many', { output: observed([{ sink: 'out', committed: ['a', 'a'], expected: ['a'] }]) }],
  ['I1', 'a row too few', { output: observed([{ sink: 'out', committed: [], expected: ['a'] }]) }],
  ['I2', 'a key whose records changed places', { orderedRows: observed([{ key: 'x', number: 2 }, { key: 'x', number: 1 }]) }],
  ['I3', 'a gap', { numberedRows: observed([{ key: 'x', number: 1 }, { key: 'x', number: 3 }]) }],
  ['I4', 'a record counted twice', { countedKeys: observed({ given: new Map([['x', 2]]), counted: new Map([['x', 3]]) }) }],
  ['I4', 'a key that never came', { countedKeys: observed({ given: new Map(), counted: new Map([['x', 1]]) }) }],
  ['I5', 'a watermark that goes back', { watermarks: observed([{ place: 'p', watermark: 5, lowestInput: 9 }, { place: 'p', watermark: 4, lowestInput: 9 }]) }],
  ['I5', 'a watermark ahead of an input', { watermarks: observed([{ place: 'p', watermark: 5, lowestInput: 4 }]) }],
  ['I6', 'a pane that fires twice', { panes: observed([{ operator: 'w', key: 'x', window: '0-10', pane: 0 }, { operator: 'w', key: 'x', window: '0-10', pane: 0 }]) }],
  ['I7', 'a row that a reader saw and that went away', { looks: observed([{ sink: 'out', looks: [['a', 'z']], final: ['a'] }]) }],
  ['I8', 'a checkpoint that loses a row', { replays: observed([{ checkpointId: 3, sink: 'out', rows: [], uninterrupted: ['a'] }]) }],
  ['I9', 'a file that nobody owns', { leftovers: observed({ present: ['.tmp'], owned: new Set(['part-0']) }) }],
  ['I10', 'too much in flight', { flow: observed([{ channel: 'c', mostInFlight: 17, limit: 16, leastOutstanding: 0 }]) }],
  ['I10', 'credit for nothing', { flow: observed([{ channel: 'c', mostInFlight: 1, limit: 16, leastOutstanding: -1 }]) }],
  ['I11', 'more held than the bound', { held: observed([{ what: 'records', most: 11, bound: 10 }]) }],
  ['I12', 'a record that vanished', { balances: observed([{ operator: 'split', input: 6, output: 3, deadLetters: 0, filtered: 2 }]) }],
];

describe('the invariants', () => {
  it('hold for a good run', () => {
    const verdicts = checkRun(GOOD);
    expect(Object.values(verdicts).every(({ kind }) => kind === 'holds')).toBe(true);
    expect(firstViolation(verdicts)).toBeUndefined();
  });

  it.each(BAD)('%s finds %s', (id, _reason, change) => {
    const verdicts = checkRun({ ...GOOD, ...change });
    expect(verdicts[id].kind).toBe('violated');
    expect(Object.entries(verdicts).filter(([, { kind }]) => kind === 'violated').map(([violated]) => violated)).toEqual([id]);
    expect(firstViolation(verdicts)).toMatch(new RegExp(`^${id}: `));
  });

  it('say that they do not apply, and why, where nothing could be seen', () => {
    const why = 'the sink keeps no order';
    const verdicts = checkRun({ ...GOOD, orderedRows: absent(why), numberedRows: absent(why) });
    expect([verdicts.I2, verdicts.I3]).toEqual([{ kind: 'notApplicable', why }, { kind: 'notApplicable', why }]);
  });
});
