import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMAND, type Ended, Place } from '../job-process.test-parts.js';
import { recordMaker } from './line-record.js';
import { LineSplitter } from './lines.js';
import { positionOf, sizeOf } from './words.js';

let place: Place;
let logs = 0;
beforeAll(() => {
  place = new Place('log');
});
afterAll(() => place.remove());

/** Runs `millrace log` with an input. */
function log(words: readonly string[], input = ''): Promise<Ended> {
  const running = place.start(['log', ...words]);
  running.child.stdin?.end(input);
  return running.ended;
}

async function made(...settings: string[]): Promise<string> {
  const directory = join(place.folder, `log-${logs++}`);
  expect(await log(['create', directory, ...settings])).toMatchObject({ code: 0 });
  return directory;
}

const lines = (out: string): Record<string, unknown>[] => out.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Record<string, unknown>);
const segment = (directory: string): string => join(directory, 'p-00000', readdirSync(join(directory, 'p-00000')).find((name) => name.endsWith('.log')) ?? '');

describe('millrace log', { timeout: 60_000 }, () => {
  it('creates with all settings, appends lines by key and time, reads them, and says what is there', async () => {
    const directory = await made('-p', '3', '--segment-bytes', '1 MiB', '--segment-age', '1d', '--retention', '7d', '--retention-bytes', '1GiB', '--compact', '--delete-retention', '2 h', '--max-record-bytes', '1000', '--fsync', 'always');
    const rows = Array.from({ length: 60 }, (_, id) => JSON.stringify({ id, user: { name: `u${id % 7}` }, at: id % 2 === 0 ? 1772445600000 + id : new Date(1772445600000 + id).toISOString() }));
    const appended = await log(['append', directory, '--key-field', 'user.name', '--timestamp-field', 'at', '--header', 'from=test', '--json'], `${rows.join('\r\n')}\n\n`);
    expect([appended.code, lines(appended.out)[0]]).toMatchObject([0, { records: 60, bad: 0 }]);
    const all = lines((await log(['read', directory, '--output', 'json'])).out);
    expect(all.map(({ value }) => value).sort()).toEqual([...rows].sort());
    expect(all[0]).toMatchObject({ headers: [['from', 'test']], key: expect.stringMatching(/^u\d$/) as string, timestamp: expect.any(Number) as number });
    expect(new Set(all.map(({ partition, key }) => `${String(partition)} ${String(key)}`)).size).toBe(7);
    const stat = lines((await log(['stat', directory, '--json'])).out)[0] as { settings: object; partitions: { records: number }[] };
    expect(stat.settings).toEqual({ partitions: 3, segmentBytes: 1024 ** 2, segmentMs: 86_400_000, retentionBytes: 1024 ** 3, retentionMs: 7 * 86_400_000, compact: true, deleteRetentionMs: 7_200_000, maxRecordBytes: 1000, fsync: 'always' });
    expect(stat.partitions.reduce((sum, { records }) => sum + records, 0)).toBe(60);
    expect((await log(['stat', directory])).out).toMatch(/3 partitions.*\n\nPARTITION +FIRST +END/);
    const compacted = await log(['compact', directory, '--seal', '--json']);
    expect(compacted.code, compacted.err).toBe(0);
    expect(lines((await log(['read', directory, '--json'])).out)).toHaveLength(7);
    expect(await log(['verify', directory])).toMatchObject({ code: 0, out: expect.stringMatching(/: whole \(3 partitions, 7 records/) as string });
  });

  it('reads ranges by offset and time, and gives bytes that are no text a form of their own; what it shows can be appended again', async () => {
    const directory = await made();
    await log(['append', directory, '--timestamp', '2026-03-02T10:00Z', '--key', 'k'], 'one\ntwo\n');
    const running = place.start(['log', 'append', directory, '--timestamp', '1772445601000']);
    running.child.stdin?.end(Buffer.from([0xff, 0x00, 0x0a, 0x0a, 0x78]));
    expect((await running.ended).code).toBe(0);
    await log(['append', directory, '--json-lines'], '{"value":null,"key":"k","headers":{"a":"b"}}\n{"value":{"x":1}}\n');
    const values = async (...options: string[]): Promise<string> => (await log(['read', directory, ...options])).out;
    expect(await values('--until', '2026-03-02T10:00:01')).toBe('one\ntwo\n');
    expect(await values('--from', '1', '--limit', '1')).toBe('two\n');
    expect(await values('--from', '1772445600001ms', '--until', '5')).toBe('\ufffd\u0000\n\nx\n');
    const shown = await values('--json');
    expect(lines(shown).slice(2)).toEqual([
      { partition: 0, offset: 2, timestamp: 1772445601000, key: null, headers: [], value: { $bytes: '/wA=' } },
      { partition: 0, offset: 3, timestamp: 1772445601000, key: null, headers: [], value: '' },
      { partition: 0, offset: 4, timestamp: 1772445601000, key: null, headers: [], value: 'x' },
      { partition: 0, offset: 5, timestamp: null, key: 'k', headers: [['a', 'b']], value: null },
      { partition: 0, offset: 6, timestamp: null, key: null, headers: [], value: '{"x":1}' },
    ]);
    const copy = await made();
    expect(await log(['append', copy, '--json-lines', '--file', place.file('records.ndjson', shown)])).toMatchObject({ code: 0 });
    expect((await log(['read', copy, '--json'])).out).toBe(shown);
    expect((await log(['read', directory, '--from', '5'])).err).toMatch(/1 records without a value/);
  });

  it('tails all partitions as they are appended to, ends after so many, at Ctrl-C, and quietly when nobody reads', async () => {
    const directory = await made('--partitions', '2');
    await log(['append', directory], 'old 0\nold 1\n');
    const tail = place.start(['log', 'tail', directory, '-n', '1', '--limit', '4']);
    await tail.says(/old 1/);
    const appending = place.start(['log', 'append', directory]);
    appending.child.stdin?.write('new 0\n');
    await tail.says(/new 0/);
    appending.child.stdin?.end('new 1\n');
    expect((await tail.ended)).toMatchObject({ code: 0, err: '' });
    expect((await tail.ended).out.trim().split('\n').sort()).toEqual(['new 0', 'new 1', 'old 0', 'old 1']);
    const interrupted = place.start(['log', 'tail', directory, '--from', 'earliest']);
    await interrupted.says(/new 1/);
    interrupted.child.kill('SIGINT');
    expect(await interrupted.ended).toMatchObject({ code: 130, err: '' });
    const piped = execFileSync('bash', ['-c', `set -o pipefail; yes | head -200000 | "${process.execPath}" "${COMMAND}" log append "${directory}" 2>/dev/null; "${process.execPath}" "${COMMAND}" log read "${directory}" | head -1; echo "\${PIPESTATUS[0]}"`], { encoding: 'utf8' });
    expect(piped.trim().split('\n').at(-1)).toBe('0');
  });

  it('keeps what came before an interrupted input, and waits for another writer as long as it is told', async () => {
    const directory = await made();
    const first = place.start(['log', 'append', directory]);
    first.child.stdin?.write('kept\n');
    await place.start(['log', 'tail', directory, '--from', 'earliest', '--limit', '1']).ended;
    const refused = await log(['append', directory, '--wait', '10 ms'], 'x\n');
    expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(new RegExp(`MR-4104.*process ${first.child.pid}`, 's')) as string]);
    first.child.kill('SIGINT');
    expect(await first.ended).toMatchObject({ code: 130, err: expect.stringContaining('appended 1 records') as string });
    const killed = place.start(['log', 'append', directory]);
    killed.child.stdin?.write('kept too\n');
    await place.start(['log', 'tail', directory, '--from', '1', '--limit', '1']).ended;
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect((await log(['append', directory], 'after\n')).code).toBe(0);
    expect((await log(['read', directory])).out).toBe('kept\nkept too\nafter\n');
  });

  it('MR-3020 names a bad line, keeps those before it, and passes over bad ones when told so', async () => {
    const directory = await made('--max-record-bytes', '200');
    const input = `{"k":1}\nno json\n{"k":null}\n{"j":2}\n${JSON.stringify({ k: 'x'.repeat(300) })}\n{"k":3}\n`;
    expect(await log(['append', directory, '--key-field', 'k'], input)).toMatchObject({ code: 1, err: expect.stringMatching(/appended 1 records.*MR-3020.*line 2: .*The 1 records before it/s) as string });
    const passed = await log(['append', directory, '--key-field', 'k', '--skip-bad', '--json'], input);
    expect([passed.code, lines(passed.out)[0]]).toMatchObject([0, { records: 2, bad: 4 }]);
    expect((await log(['read', directory])).out).toBe('{"k":1}\n{"k":1}\n{"k":3}\n');
  });

  it('verify tells a torn end from damage, and reading damage fails by its code', async () => {
    const directory = await made();
    const killed = place.start(['log', 'append', directory]);
    killed.child.stdin?.write('whole\n');
    await place.start(['log', 'tail', directory, '--from', 'earliest', '--limit', '1']).ended;
    killed.child.kill('SIGKILL');
    await killed.ended;
    const path = segment(directory);
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from('MLF1 half a frame')]));
    expect(await log(['verify', directory])).toMatchObject({ code: 0, out: expect.stringMatching(/torn end behind offset 1.*\n.*: whole/) as string });
    expect(await log(['append', directory], 'next\n')).toMatchObject({ code: 0, err: expect.stringContaining('a torn end of 17 B') as string });
    truncateSync(path, readFileSync(path).length - 1);
    expect(await log(['verify', directory])).toMatchObject({ code: 1, out: expect.stringMatching(/partition 0: DAMAGED from offset 1.*\n.*DAMAGED in 1 place/) as string });
    expect(lines((await log(['verify', directory, '--json'])).out)).toMatchObject([{ damaged: true, problems: [{ partition: 0, offset: 1, isTornEnd: false }] }]);
    expect(await log(['read', directory])).toMatchObject({ code: 1, out: 'whole\n', err: expect.stringContaining('MR-4106') as string });
  });

  it.each([
    [['log'], 2, /one of create, append, read, tail, stat, verify, compact/],
    [['log', 'reed', 'x'], 2, /"read"/],
    [['log', 'read', './nowhere'], 2, /MR-4101/],
    [['log', 'create', 'x', '--fsync', '1x'], 2, /MR-1004.*--fsync/],
    [['log', 'create', 'x', '--partitions', '0'], 2, /MR-4111.*partitions/],
    [['log', 'create', 'x', '--segment-bytes', 'big'], 2, /--segment-bytes takes a size/],
    [['log', 'read', 'x', '--from', 'yesterday'], 2, /--from takes earliest/],
    [['log', 'append', 'x', '--key', 'a', '--key-field', 'b'], 2, /--key and --key-field/],
    [['log', 'append', 'x', '--key-feild', 'b'], 2, /--key-field/],
  ])('refuses %j', async (words, code, text) => {
    expect(await place.run(words)).toMatchObject({ code, out: '', err: expect.stringMatching(text) as string });
  });

  it('explains the errors of the log and its own', async () => {
    expect((await place.run(['explain', '4104'])).out).toMatch(/^MR-4104 .*writer/);
    expect((await place.run(['explain', 'MR-3020'])).out).toMatch(/^MR-3020/);
  });
});

describe('words and lines of millrace log', () => {
  it('cuts the same lines wherever the chunks end, and holds no more than it may of one', () => {
    const bytes = Buffer.from('one\r\ntwo\n\n0123456789abcdef\nlast');
    for (let size = 1; size <= bytes.length; size++) {
      const splitter = new LineSplitter(10);
      const found: string[] = [];
      const take = ({ bytes: line, number, isTooLong }: { bytes: Uint8Array; number: number; isTooLong: boolean }): void => void found.push(isTooLong ? `${number} too long` : `${number} ${Buffer.from(line).toString()}`);
      for (let at = 0; at < bytes.length; at += size) for (const line of splitter.chunk(bytes.subarray(at, at + size))) take(line);
      for (const line of splitter.end()) take(line);
      expect(found, `chunks of ${size}`).toEqual(['1 one', '2 two', '3 ', '4 too long', '5 last']);
    }
  });

  it('understands sizes, positions and records, and refuses others', () => {
    expect(['65536', '64 KiB', '1.5kB'].map((text) => sizeOf(text, '--x'))).toEqual([65536, 65536, 1500]);
    expect(['earliest', '12', '2026-03-02', '2026-03-02T10:00', '-5ms', '2026-03-02T10:00+02:00'].map((text) => positionOf(text, '--from'))).toEqual(['earliest', { offset: 12 }, { timestamp: 1772409600000 }, { timestamp: 1772445600000 }, { timestamp: -5 }, { timestamp: 1772438400000 }]);
    expect(() => positionOf('2026-13-45', '--from')).toThrow(/--from/);
    const whole = recordMaker({ jsonLines: true, key: undefined, keyField: undefined, timestamp: undefined, timestampField: undefined, headers: [] });
    const refused = (line: object): string => {
      try {
        whole(Buffer.from(JSON.stringify(line)));
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect([{}, { value: 1, vlaue: 2 }, { value: 1, partition: 'x' }, { value: { $bytes: '#' } }, { value: 1, headers: 'x' }, { value: 1, timestamp: 'soon' }].map(refused)).toEqual([
      expect.stringContaining('"value"'), expect.stringContaining('"vlaue"'), expect.stringContaining('"partition"'), expect.stringContaining('base64'), expect.stringContaining('"headers"'), expect.stringContaining('ISO 8601'),
    ] as string[]);
  });
});
