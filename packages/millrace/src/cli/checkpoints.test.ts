import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMAND, Place } from './job-process.test-parts.js';
import { taggedJson } from './tagged-json.js';

let place: Place;
let state = '';
beforeAll(async () => {
  place = new Place('checkpoints');
  state = join(place.folder, 'state');
  const file = place.file('odd.ts', `import { defineJob, discardSink, state, type } from 'millrace';
export default defineJob({ name: 'odd', build(env) {
  env.fromSequence(1, 2000, { uid: 'numbers' }).keyBy((n) => n).process({
    output: type<number>(),
    state: { last: state.value(type<unknown>()), seen: state.map(type<string>(), type<unknown>()) },
    processElement(n, { state: { last, seen } }) {
      last.update(n === 1 ? { big: 2n ** 64n, date: new Date(0), bytes: new Uint8Array([1, 2]), nan: NaN, minus: -0, none: undefined, list: [1, 'two'], $odd: true } : n);
      if (n === 1) seen.put('a', Infinity);
    },
  }, { uid: 'keep' }).sinkTo(discardSink(), { uid: 'out' });
} });
`);
  expect(await place.run(['run', file, '--checkpoint-dir', state])).toMatchObject({ code: 0, err: expect.stringContaining('finished odd') as string });
}, 60_000);
afterAll(() => place.remove());

const rows = (out: string): Record<string, unknown>[] => out.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);

describe('millrace checkpoints', { timeout: 30_000 }, () => {
  it('lists and describes what is there, for people and as JSON', async () => {
    expect((await place.run(['checkpoints', 'list', state])).out).toMatch(/ID +KIND +JOB +TAKEN.*\n1 +checkpoint +odd +2/);
    expect(JSON.parse((await place.run(['checkpoints', 'list', state, '--json'])).out)).toMatchObject([{ kind: 'checkpoint', job: 'odd', checkpointId: 1 }]);
    const { code, out } = await place.run(['checkpoints', 'show', state]);
    expect([code, out]).toEqual([0, expect.stringMatching(/checkpoint: 1 of odd.*keep +1 of 128.*keep +last +value +2,000 +2,000 .*source numbers: 0 splits/s) as string]);
    expect(JSON.parse((await place.run(['checkpoints', 'show', state, '--id', '1', '--json'])).out)).toMatchObject({ job: 'odd', operators: expect.arrayContaining([expect.objectContaining({ uid: 'keep', watermark: expect.anything() as unknown })]) as unknown });
  });

  it('shows the contents of state, with every value in a form of its own', async () => {
    const one = await place.run(['checkpoints', 'show', state, '--operator', 'keep', '--state', 'last', '--key', '1']);
    expect([one.code, rows(one.out)]).toEqual([0, [{
      operator: 'keep', state: 'last', kind: 'value', keyGroup: expect.any(Number) as number, key: 1,
      value: { $object: [
        ['big', { $bigint: '18446744073709551616' }], ['date', { $date: '1970-01-01T00:00:00.000Z' }], ['bytes', { $bytes: 'AQI=' }], ['nan', { $number: 'NaN' }], ['minus', { $number: '-0' }],
        ['none', { $undefined: true }], ['list', [1, 'two']], ['$odd', true],
      ] },
    }]]);
    expect(rows((await place.run(['checkpoints', 'show', state, '--state', 'seen'])).out)).toMatchObject([{ key: 1, part: 'a', value: { $number: 'Infinity' } }]);
    const all = rows((await place.run(['checkpoints', 'show', state, '--rows'])).out);
    expect(all.filter((row) => row['state'] === 'last').map(({ key }) => Number(key)).sort((a, b) => a - b)).toEqual(Array.from({ length: 2000 }, (_, index) => index + 1));
    expect(await place.run(['checkpoints', 'show', state, '--operator', 'keep', '--key', '9999'])).toMatchObject({ code: 0, out: '', err: 'nothing there fits\n' });
    expect(await place.run(['checkpoints', 'show', state, '--operator', 'kepp'])).toMatchObject({ code: 1, err: expect.stringMatching(/MR-2416.*"keep"/s) as string });
  });

  it('ends quietly when its reader does', () => {
    const first = execFileSync('bash', ['-c', `set -o pipefail; "${process.execPath}" "${COMMAND}" checkpoints show "${state}" --rows | head -1; echo "\${PIPESTATUS[0]}"`], { encoding: 'utf8' });
    expect(first.trim().split('\n').at(-1)).toBe('0');
  });

  it('verifies every byte, and fails for a damaged one', async () => {
    expect(await place.run(['checkpoints', 'verify', state])).toMatchObject({ code: 0, out: expect.stringMatching(/^checkpoint 1: whole/) as string });
    const copy = join(place.folder, 'copy');
    execFileSync('cp', ['-r', state, copy]);
    const file = join(copy, readdirSync(copy).find((name) => name.endsWith('.bin')) ?? '');
    const content = readFileSync(file);
    content[100] = (content[100] as number) ^ 1;
    writeFileSync(file, content);
    expect(await place.run(['checkpoints', 'verify', copy, '--id', '1'])).toMatchObject({ code: 1, out: expect.stringMatching(/^checkpoint 1: DAMAGED\n.*\.bin/) as string });
    const empty = join(place.folder, 'empty');
    mkdirSync(empty);
    expect(await place.run(['checkpoints', 'verify', empty])).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/no checkpoint in .*empty.*--checkpoint-dir/s) as string });
    expect(rows((await place.run(['checkpoints', 'verify', copy, '--json'])).out)).toMatchObject([{ problems: [{ code: expect.stringMatching(/^MR-24/) as string }] }]);
  });

  it.each([
    [['checkpoints'], /one of list, verify, show/],
    [['checkpoints', 'lst', 'x'], /"list"/],
    [['checkpoints', 'show'], /millrace checkpoints show.*DIR/],
    [['checkpoints', 'show', 'x', '--operater', 'y'], /--operator/],
    [['checkpoints', 'list', './nowhere'], /nothing at .\/nowhere/],
  ])('MR-3004 %s', async (words, text) => {
    const { code, out, err } = await place.run(words);
    expect([code, out, err]).toEqual([2, '', expect.stringMatching(text) as string]);
    expect(err).toContain('MR-3004');
  });
});

describe('values of state as JSON', () => {
  it('keep maps, sets, and names that could be mistaken', () => {
    expect(taggedJson(new Map<unknown, unknown>([[1n, new Set([undefined])]]))).toEqual({ $map: [[{ $bigint: '1' }, { $set: [{ $undefined: true }] }]] });
    expect(JSON.stringify(taggedJson(JSON.parse('{"__proto__":{"x":1}}')))).toBe('{"__proto__":{"x":1}}');
    expect(taggedJson({ $bigint: '1' })).toEqual({ $object: [['$bigint', '1']] });
    expect(taggedJson([null, true, 'x', 1.5, new Date(Number.NaN)])).toEqual([null, true, 'x', 1.5, { $date: 'invalid' }]);
  });
});
