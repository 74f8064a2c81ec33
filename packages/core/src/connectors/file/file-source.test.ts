import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../../base/bytes.js';
import type { MillraceError } from '../../base/errors.js';
import { DecodePolicyInvalid, DecoderFailed, RecordTooLarge, TextInvalid } from '../../connector/errors.js';
import type { DecodeErrorPolicy } from '../../connector/dead-letter.js';
import type { Format } from '../../connector/format.js';
import { csv } from '../../formats/csv/csv.js';
import { JsonMalformed } from '../../formats/errors.js';
import { json } from '../../formats/json/json.js';
import { raw } from '../../formats/raw.js';
import { nodePlatform } from '../../platform/node/node-platform.js';
import { readAll, SourceDriver } from '../../testing/source-driver.js';
import { sourceKit } from '../../testing/source-kit.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { ConnectorOptionInvalid, InputChanged, InputNotFound, InputUnreadable } from '../errors.js';
import { fileSource, type FileSourceOptions } from './file-source.js';
import { matchesPattern } from './path-pattern.js';

function machine(files: Readonly<Record<string, Uint8Array | string>>): SimulatedPlatform {
  const platform = new SimulatedPlatform({ seed: 1 });
  for (const [path, content] of Object.entries(files)) {
    platform.files.makeDirectory(path.slice(0, path.lastIndexOf('/')) || '/');
    platform.files.writeFile(path, content);
  }
  return platform;
}

const lines = (path: string | readonly string[], options: Partial<FileSourceOptions<string>> = {}) => fileSource({ path, format: raw(), ...options });
const numbered = (count: number): string => Array.from({ length: count }, (_, n) => `{"n":${n}}\n`).join('');

describe('file source', () => {
  const platform = nodePlatform();
  const root = platform.files.makeTemporaryDirectory('millrace-file-source-');
  platform.files.writeFile(`${root}/a.ndjson`, numbered(40));
  platform.files.writeFile(`${root}/b.ndjson`, numbered(5).replaceAll('\n', '\r\n').trimEnd());
  platform.files.writeFile(`${root}/c.ndjson.gz`, platform.digests.gzip(encodeUtf8(numbered(7))));
  platform.files.writeFile(`${root}/empty.ndjson`, '');
  const expected = [40, 5, 7].flatMap((count) => Array.from({ length: count }, (_, n) => ({ n })));
  for (const interleave of [false, true]) {
    const create = () => fileSource({ path: root, format: json<{ n: number }>(), splitBytes: 50, interleave }) as never;
    for (const { name, run } of sourceKit({ platform, create, expected, textOf: ({ n }: { n: number }) => String(n) })) it(`kit, interleave ${interleave}: ${name}`, run);
  }

  it('R22 reads the splits of each file in order, so that time goes forward at any parallelism', async () => {
    for (const parallelism of [1, 4]) {
      const driver = new SourceDriver(fileSource({ path: `${root}/a.ndjson`, format: json<{ n: number }>(), splitBytes: 40 }), { platform, parallelism, batchSize: 3 });
      await driver.start();
      const last = new Map<number, number>();
      await driver.drain();
      for (const { subtask, value } of driver.records) {
        expect(value.n).toBeGreaterThan(last.get(subtask) ?? -1);
        last.set(subtask, value.n);
      }
      await driver.close();
    }
  });

  it('finds files by path, pattern, directory and URL, each once and in order of their paths', async () => {
    const simulated = machine({ '/in/b/2': 'b2', '/in/a/1': 'a1', '/in/a/.hidden': 'x', '/in/_tmp/1': 'x', '/in/z': 'z', '/in/a.x': 'ax' });
    const read = async (...paths: string[]): Promise<readonly string[]> => (await readAll(lines(paths), { platform: simulated })).values;
    expect(await read('/in')).toEqual(['ax', 'a1', 'b2', 'z']);
    expect(await read('/in/*/?')).toEqual(['x', 'a1', 'b2']);
    expect(await read('/in/**', '/in/z')).toEqual(['x', 'ax', 'a1', 'b2', 'z']);
    expect(await read('file:///in/z', '/in/{a,b}/[12]')).toEqual(['a1', 'b2', 'z']);
    expect(await read('/in/a/.hidden')).toEqual(['x']);
  });

  it('matches patterns as a shell does', () => {
    const yes = ['/a/b.c /a/*.c', '/a/b /**', '/a/b/c /a/**/c', '/a/c /a/**/c', '/a/x1 /a/x[0-9]', '/a/xa /a/x[!0-9]', '/a/* /a/\\*', '/a/.b /a/.*', '/a/ac /a/{b,a{c,d}}', '/a/{ /a/{', '/ab/c /a*/*'];
    const no = ['/a/b/c /a/*', '/a/.b /a/*', '/a/.b/c /a/**/c', '/a/xb /a/x[0-9]', '/a/b /a/\\*', '/a /a/**/b', '/a/b /a/{c,d}'];
    for (const pair of yes) expect(matchesPattern(pair.split(' ')[0]!, pair.split(' ')[1]!), pair).toBe(true);
    for (const pair of no) expect(matchesPattern(pair.split(' ')[0]!, pair.split(' ')[1]!), pair).toBe(false);
    const start = performance.now();
    matchesPattern(`/${'a'.repeat(200)}`, `/${'a*'.repeat(50)}b`);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it('says at the start what is missing or cannot be read', async () => {
    const simulated = machine({ '/empty/.hidden': 'x', '/in/a': 'x' });
    for (const path of ['/none', '/none/*.ndjson', '/empty']) await expect(readAll(lines(path), { platform: simulated })).rejects.toSatisfy((error) => InputNotFound.is(error) && error.message.includes(path));
    const unreadable = (error: unknown): boolean => InputUnreadable.is(error) && error.message.includes('/in/a');
    simulated.files.faults.inject({ kind: 'accessDenied', operations: ['open'], path: '/in/a' });
    await expect(readAll(lines('/in'), { platform: simulated })).rejects.toSatisfy(unreadable);
    simulated.files.faults.clear();
    simulated.files.faults.inject({ kind: 'inputOutput', operations: ['read'], path: '/in/a', after: 1 });
    await expect(readAll(lines('/in'), { platform: simulated })).rejects.toSatisfy((error) => unreadable(error) && (error as MillraceError).where.split === '/in/a#0');
  });

  it('tells when a file became shorter than the place it was read up to', async () => {
    const simulated = machine({ '/in/a': 'one\ntwo\nthree\n' });
    const driver = new SourceDriver(lines('/in/a'), { platform: simulated, batchSize: 2 });
    await driver.start();
    driver.poll();
    const restored = driver.snapshot();
    await driver.close();
    simulated.files.writeFile('/in/a', 'x\n');
    await expect(readAll(lines('/in/a'), { platform: simulated, restored })).rejects.toSatisfy((error) => InputChanged.is(error));
    simulated.files.unlink('/in/a');
    await expect(readAll(lines('/in/a'), { platform: simulated, restored })).rejects.toSatisfy((error) => InputUnreadable.is(error));
  });

  it('R49 refuses a record above the limit without keeping it in memory, and goes on behind it', async () => {
    const simulated = machine({ '/in': `"ok"\n"${'x'.repeat(3_000_000)}"\n"after"\n"${'y'.repeat(200)}"\n"end"\n` });
    const source = (onError?: DecodeErrorPolicy) => fileSource({ path: '/in', format: json(undefined, onError === undefined ? {} : { onError }), maxRecordBytes: 100 });
    await expect(readAll(source(), { platform: simulated })).rejects.toSatisfy((error) => RecordTooLarge.is(error) && error.where.offset === 5);
    const { values, metrics } = await readAll(source('skip'), { platform: simulated, batchSize: 1 });
    expect(values).toEqual(['ok', 'after', 'end']);
    expect(metrics.counter('numDecodeErrors').value).toBe(2);
    expect((await readAll(fileSource({ path: '/in', format: raw() }), { platform: simulated })).values).toHaveLength(5);
  });

  it('R50 fails with source, offset and excerpt unless told otherwise', async () => {
    const simulated = machine({ '/in': '{"a":1}\n\u00fc\n{"a":\n' });
    await expect(readAll(fileSource({ path: '/in', format: json() }), { platform: simulated })).rejects.toSatisfy(
      (error) => JsonMalformed.is(error) && error.where.source === 'source' && error.where.split === '/in#0' && error.where.offset === 8 && error.message.includes('"ü"'),
    );
  });

  it('R50 fails whatever the policy where the decoder must fetch something first, which files do not wait for', async () => {
    const simulated = machine({ '/in': '1\n2\n' });
    for (const onError of ['skip', 'deadLetter'] as const) {
      const plain = json<unknown>(undefined, { onError });
      const fetching: Format<unknown> = { ...plain, createDecoder: () => ({ prepare: () => undefined, decode: () => { throw new Error('nothing was fetched'); } }) };
      await expect(readAll(fileSource({ path: '/in', format: fetching }), { platform: simulated, deadLetters: true })).rejects.toThrow('nothing was fetched');
    }
  });

  it('R50 skips and counts, or hands over dead letters with reason, source, offset and the raw bytes', async () => {
    const simulated = machine({ '/in': encodeBytes('{"a":1}\r\nbad\r\n"', [0xff], '"\n{"a":2}\n') });
    await expect(readAll(fileSource({ path: '/in', format: json(undefined, { onError: 'skipp' as never }) }), { platform: simulated })).rejects.toSatisfy((error) => DecodePolicyInvalid.is(error) && error.message.includes('MR-1507') && error.message.includes('"skipp"'));
    const skipped = await readAll(fileSource({ path: '/in', format: json(undefined, { onError: 'skip' }) }), { platform: simulated, deadLetters: true });
    expect(skipped.values).toEqual([{ a: 1 }, { a: 2 }]);
    expect(skipped.metrics.counter('numDecodeErrors').value).toBe(2);
    expect(skipped.letters).toEqual([]);
    const { values, letters } = await readAll(fileSource({ path: '/in', format: json(undefined, { onError: 'deadLetter' }) }), { platform: simulated, deadLetters: true });
    expect(values).toEqual([{ a: 1 }, { a: 2 }]);
    expect(letters.map(({ reason, ...rest }) => ({ ...rest, code: reason.slice(0, 7) }))).toEqual([
      { code: JsonMalformed.code, operator: 'source', source: 'source', split: '/in#0', offset: 9, raw: encodeUtf8('bad') },
      { code: TextInvalid.code, operator: 'source', source: 'source', split: '/in#0', offset: 14, raw: new Uint8Array([0x22, 0xff, 0x22]) },
    ]);
  });

  it('gives an error of a foreign decoder a code, and takes several records from one frame', async () => {
    const pairs: Format<string> = {
      ...raw(),
      createDecoder: () => ({
        decode: (bytes, from, to, out) => {
          if (bytes[from] === 0x21) throw new Error('no exclamations');
          for (let at = from; at < to; at++) out.record(String.fromCharCode(bytes[at]!), at);
        },
      }),
    };
    const simulated = machine({ '/in': 'abcdefg\nh\nijklm\n', '/bad': '!\n' });
    const source = () => fileSource({ path: '/in', format: pairs });
    for (const { run } of sourceKit({ platform: simulated, create: source as never, expected: [...'abcdefghijklm'], textOf: (value: string) => value })) await run();
    await expect(readAll(fileSource({ path: '/bad', format: pairs }), { platform: simulated })).rejects.toSatisfy((error) => DecoderFailed.is(error));
  });

  it('reads latin1, and a file without any framing as one record', async () => {
    const simulated = machine({ '/in': new Uint8Array([0xfc, 0x0a, 0xe9, 0x0a]) });
    expect((await readAll(lines('/in', { encoding: 'latin1' }), { platform: simulated })).values).toEqual(['ü', 'é']);
    expect((await readAll(fileSource({ path: '/in', format: csv({ columns: ['a'] }), encoding: 'latin1' }), { platform: simulated })).values).toEqual([{ a: 'ü' }, { a: 'é' }]);
    const whole: Format<Uint8Array> = { ...raw('bytes'), framing: 'none' };
    expect((await readAll(fileSource({ path: '/in', format: whole }), { platform: simulated })).values.map((bytes) => bytes.length)).toEqual([4]);
  });

  it('keeps to a rate', async () => {
    const simulated = machine({ '/in': 'x\n'.repeat(200) });
    let done = false;
    const reading = readAll(lines('/in', { rate: 100 }), { platform: simulated }).finally(() => (done = true));
    const start = simulated.clock.monotonicMs();
    await simulated.run(() => done);
    expect((await reading).values).toHaveLength(200);
    expect(simulated.clock.monotonicMs() - start).toBeGreaterThan(1900);
    expect(simulated.clock.monotonicMs() - start).toBeLessThan(2100);
  });

  it('refuses settings that cannot be', () => {
    for (const options of [{ path: '' }, { path: [] }, { format: undefined }, { splitBytes: 0 }, { maxRecordBytes: 1.5 }, { compression: 'zip' }, { encoding: 'utf-16' }, { follow: true, watch: true }, { follow: true, compression: 'gzip' }, { watch: 0 }]) {
      expect(() => fileSource({ path: 'x', format: raw(), ...options } as never), JSON.stringify(options)).toThrow(ConnectorOptionInvalid.code);
    }
  });
});

/** Polls until nothing more comes at the moment; then lets virtual time pass. */
async function settle(driver: SourceDriver<string, never>, simulated: SimulatedPlatform, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    for (let poll = 0; poll < 50; poll++) for (let subtask = 0; subtask < driver.readers.length; subtask++) driver.poll(subtask);
    await simulated.advance(50);
  }
}

describe('file source without an end', () => {
  const open = async (simulated: SimulatedPlatform, options: Partial<FileSourceOptions<string>>, driving: object = {}): Promise<SourceDriver<string, never>> => {
    const driver = new SourceDriver<string, never>(lines('/in', options) as never, { platform: simulated, ...driving });
    await driver.start();
    return driver;
  };
  const valuesOf = (driver: SourceDriver<string, never>): string[] => driver.records.map(({ value }) => value);

  it('takes each new file of a watched directory once, when nobody writes it any more', async () => {
    const simulated = machine({ '/in/a': 'a\n' });
    await simulated.advance(5000);
    const driver = await open(simulated, { watch: '1 s' });
    await settle(driver, simulated, 200);
    expect(valuesOf(driver)).toEqual(['a']);
    simulated.files.writeFile('/in/b', 'b1\n');
    for (let n = 2; n < 6; n++) {
      await settle(driver, simulated, 500);
      const handle = simulated.files.open('/in/b', 'append');
      handle.write(encodeUtf8(`b${n}\n`));
      handle.close();
    }
    expect(valuesOf(driver)).toEqual(['a']);
    await settle(driver, simulated, 3000);
    expect(valuesOf(driver)).toEqual(['a', 'b1', 'b2', 'b3', 'b4', 'b5']);
    const restored = driver.snapshot();
    await driver.close();
    simulated.files.writeFile('/in/0', 'c\n');
    const next = await open(simulated, { watch: '1 s' }, { restored, parallelism: 2 });
    await settle(next, simulated, 3000);
    expect(valuesOf(next)).toEqual(['c']);
    await next.close();
  });

  it('follows a file that grows, waiting for the rest of a line', async () => {
    const simulated = machine({});
    const append = (text: string): void => {
      const handle = simulated.files.open('/in', 'append');
      handle.write(encodeUtf8(text));
      handle.close();
    };
    const driver = await open(simulated, { follow: true });
    await settle(driver, simulated, 300);
    append('one\ntw');
    await settle(driver, simulated, 300);
    expect(valuesOf(driver)).toEqual(['one']);
    append('o\nthree\nfo');
    await settle(driver, simulated, 300);
    expect(valuesOf(driver)).toEqual(['one', 'two', 'three']);
    const restored = driver.snapshot();
    await driver.close();
    append('ur\n');
    simulated.files.rename('/in', '/in.1');
    append('new\n');
    const next = await open(simulated, { follow: true }, { restored });
    await settle(next, simulated, 500);
    expect(valuesOf(next)).toEqual(['four', 'new']);
    const handle = simulated.files.open('/in.1', 'append');
    handle.close();
    simulated.files.rename('/in', '/in.2');
    append('newer\n');
    await settle(next, simulated, 500);
    expect(valuesOf(next)).toEqual(['four', 'new', 'newer']);
    simulated.files.writeFile('/in', 'cut\n');
    await settle(next, simulated, 500);
    expect(valuesOf(next)).toEqual(['four', 'new', 'newer', 'cut']);
    await next.close();
  });
});

function encodeBytes(...parts: readonly (readonly number[] | string)[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => (typeof part === 'string' ? [...encodeUtf8(part)] : part)));
}
