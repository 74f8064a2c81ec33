import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Format, Sink } from '../spi.js';
import {
  deadLetterFormat, fileSink, fileSource, json, monotonousTimestamps, redrive, redriveAsync, redriven, StreamEnvironment, t, tumblingEventTime, type DataStream, type DeadLetter,
} from '../index.js';
import { DeadLettersNotPossible, SettingInvalid } from './errors.js';

const made: string[] = [];
const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'millrace-letters-'));
  made.push(path);
  return path;
};
afterAll(() => made.forEach((path) => rmSync(path, { recursive: true })));

const row = t.struct({ n: t.number });
const text = (letter: DeadLetter): string => new TextDecoder().decode(letter.raw);

/** A sink into an array of this thread. */
function into<T>(rows: T[]): Sink<T> {
  return { kind: 'array', guarantee: 'at-least-once', createWriter: () => ({ write: (value) => void rows.push(value), close() {} }) };
}

function input(lines: readonly string[]): string {
  const path = join(folder(), 'in.ndjson');
  writeFileSync(path, lines.join('\n'));
  return path;
}

describe.each([true, false])('dead letters, generated code %s', (generation) => {
  const run = { options: { 'code.generation': generation } };

  it('takes what a source cannot decode and what a function throws at, each with its place', async () => {
    const path = input(['{"n":1}', '{"n":', '{"n":3}', '{"n":4}', '{"n":5}']);
    const offsets = [0, 8, 14, 22, 30];
    const [decoding, mapping, filtering, flat]: DeadLetter[][] = [[], [], [], []];
    const rows: number[] = [];
    const env = StreamEnvironment.create();
    env
      .fromSource(fileSource({ path, format: json(row) }), { name: 'orders' })
      .deadLetterTo(into(decoding!))
      .map(({ n }) => {
        if (n === 1) throw new Error('no ones');
        return n;
      }, { name: 'doubled' })
      .deadLetterTo(into(mapping!))
      .filter((n) => {
        if (n === 3) throw new RangeError('no threes');
        return true;
      })
      .deadLetterTo(into(filtering!))
      .flatMap<number>((n, out) => {
        out.collect(n * 10);
        if (n === 4) throw new Error('no fours');
        out.collect(n * 100);
      })
      .deadLetterTo(into(flat!))
      .sinkTo(into(rows));
    await env.execute('letters', run);
    expect(rows).toEqual([50, 500]);
    expect(decoding!.map((letter) => [letter.operator, letter.source, letter.offset, text(letter)])).toEqual([['orders', 'orders', offsets[1], '{"n":']]);
    expect(decoding![0]!.reason).toMatch(/^MR-21\d\d /);
    expect(mapping!.map((letter) => [letter.operator, letter.source, letter.offset, text(letter)])).toEqual([['doubled', 'orders', offsets[0], '{"n":1}']]);
    expect(mapping![0]!.reason).toContain('no ones');
    expect(filtering!.map((letter) => [letter.offset, text(letter)])).toEqual([[offsets[2], '3']]);
    expect(flat!.map((letter) => [letter.offset, text(letter)])).toEqual([[offsets[3], '4']]);
    expect(flat![0]!.split).not.toBe('');
  });

  it('does not know the place behind an exchange, and says so', async () => {
    const letters: DeadLetter[] = [];
    const env = StreamEnvironment.create();
    env.fromElements(1, 2).rebalance().map((n) => {
      if (n === 2) throw new Error('two');
      return n;
    }).disableChaining().deadLetterTo(into(letters)).sinkTo(into([]));
    await env.execute('far', run);
    expect(letters.map(({ source, split, offset }) => [source, split, offset])).toEqual([['', '', -1]]);
  });

  it('keeps timestamps of what is collected, and of what follows a letter', async () => {
    const counts: unknown[] = [];
    const env = StreamEnvironment.create();
    env
      .fromElements({ at: 1000, k: 'a' }, { at: 2000, k: 'bad' }, { at: 61_000, k: 'a' })
      .assignTimestampsAndWatermarks(monotonousTimestamps((value) => value.at))
      .flatMap<{ readonly at: number; readonly k: string }>((value, out) => {
        if (value.k === 'bad') throw new Error('bad');
        out.collect(value);
        out.collectAt(value, value.at + 60_000);
      })
      .deadLetterTo(into([]))
      .keyBy('k')
      .window(tumblingEventTime('1 min'))
      .aggregate({ create: () => ({ n: 0 }), add: (a) => void a.n++ }, (a, { window }) => [window.start, a.n])
      .sinkTo(into(counts));
    await env.execute('times', run);
    expect(counts).toEqual([[0, 1], [60_000, 2], [120_000, 1]]);
  });

  it('takes records that cannot be JSON', async () => {
    const letters: DeadLetter[] = [];
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    const env = StreamEnvironment.create();
    env.fromElements<unknown>(10n, cycle, new Uint8Array([1, 2]), undefined).map(() => {
      throw new Error('never');
    }).deadLetterTo(into(letters)).sinkTo(into([]));
    await env.execute('odd', run);
    expect(letters).toHaveLength(4);
    expect(text(letters[0]!)).toBe('"10"');
    expect([...letters[2]!.raw]).toEqual([1, 2]);
  });
});

describe('dead letters', () => {
  it('go to a file, come back as they were, and are driven once more', async () => {
    const path = folder();
    const letters: DeadLetter[] = [];
    const env = StreamEnvironment.create();
    const stream = env.fromSource(fileSource({ path: input(['{"n":1}', '{"n":"2"}', 'x']), format: json(row) }));
    stream.deadLetterTo(fileSink({ path, format: deadLetterFormat() })).sinkTo(into([]));
    stream.deadLetters().sinkTo(into(letters));
    await env.execute('write');
    const [file] = readdirSync(path);
    expect(readFileSync(join(path, file!), 'utf8').trim().split('\n')).toHaveLength(2);
    const [rows, back, again]: [unknown[], DeadLetter[], DeadLetter[]] = [[], [], []];
    const second = StreamEnvironment.create();
    const read = second.fromSource(fileSource({ path, format: deadLetterFormat() }));
    read.sinkTo(into(back));
    read.flatMap(redrive(json(t.struct({ n: t.string })))).deadLetterTo(into(again)).sinkTo(into(rows));
    await second.execute('read');
    expect(back).toEqual(letters);
    expect(rows).toEqual([{ n: '2' }]);
    expect(again.map(text)[0]).toContain('"raw":"78"');
  });

  it('without a sink for them an error ends the job', async () => {
    const env = StreamEnvironment.create();
    env.fromElements(1).map(() => {
      throw new Error('no');
    }).sinkTo(into([]));
    await expect(env.execute('fails')).rejects.toThrow('no');
  });

  it('an end in letters is refused behind what cannot give a record up', () => {
    const env = StreamEnvironment.create();
    const stream = env.fromElements({ k: 1 });
    for (const wrong of [() => stream.keyBy('k').sum('k'), () => stream.union(stream), () => stream.rebalance()] as (() => DataStream<unknown>)[]) {
      expect(() => wrong().deadLetterTo(into([]))).toThrowError(expect.objectContaining({ code: DeadLettersNotPossible.code }) as Error);
    }
  });
});

describe('deduplicate', () => {
  it('lets the first of each id pass, by event time', async () => {
    const rows: unknown[] = [];
    const env = StreamEnvironment.create();
    env
      .fromElements({ id: 'a', at: 0 }, { id: 'b', at: 10 }, { id: 'a', at: 500 }, { id: 'c', at: 2000 }, { id: 'a', at: 3000 }, { id: 'b', at: 3001 })
      .assignTimestampsAndWatermarks(monotonousTimestamps((value) => value.at))
      .deduplicate('id', { within: '1 s', time: 'event' })
      .map(({ id, at }) => `${id}${at}`)
      .sinkTo(into(rows));
    await env.execute('once', { watermarkPerRecord: true });
    expect(rows).toEqual(['a0', 'b10', 'c2000', 'a3000', 'b3001']);
  });

  it('remembers a million ids, on the heap and on disk', async () => {
    for (const stateBackend of ['heap', 'log'] as const) {
      let count = 0;
      const env = StreamEnvironment.create();
      env
        .fromSequence(0, 299_999)
        .map((n) => n % 100_000)
        .deduplicate((n) => n, { within: '1 d' })
        .sinkTo({ kind: 'count', guarantee: 'none', createWriter: () => ({ write: () => void count++, close() {} }) });
      await env.execute('many', { options: { stateBackend } });
      expect(count).toBe(100_000);
    }
  });

  it('wants to know for how long', () => {
    const stream = StreamEnvironment.create().fromElements({ id: 1 });
    expect(() => stream.deduplicate('id', {} as never)).toThrowError(expect.objectContaining({ code: SettingInvalid.code }) as Error);
    expect(() => stream.deduplicate('id', { within: '1 s', time: 'lunch' } as never)).toThrowError(expect.objectContaining({ code: SettingInvalid.code }) as Error);
  });
});

describe('letters of several operators', () => {
  /** Gives the name of the operator that it was made for, and what it read. */
  const named: Format<string> = {
    ...json(t.string),
    createDecoder: ({ source }) => ({ decode: (bytes, from, _to, out) => out.record(`${source} ${bytes[from]}`, Number.NaN) }),
  };
  const letters = ['orders', 'bills', 'orders', 'bills'].map((operator, n): DeadLetter => ({ reason: 'MR-2101', operator, source: operator, split: 's', offset: n, raw: Uint8Array.of(n) }));
  const expected = ['orders 0', 'bills 1', 'orders 2', 'bills 3'];

  it('are decoded each as its own', async () => {
    const rows: string[] = [];
    const env = StreamEnvironment.create();
    env.fromCollection(letters).flatMap(redrive(named)).sinkTo(into(rows));
    await env.execute('again');
    expect(rows).toEqual(expected);
    const call = redriveAsync(named);
    const results: string[] = [];
    for (const letter of letters) for (const { value } of await call(letter, { signal: new AbortController().signal })) results.push(value);
    expect(results).toEqual(expected);
  });
});

describe('redriveAsync', () => {
  const letterOf = (n: number): DeadLetter => ({ reason: 'MR-4210', operator: 'orders', source: 'orders', split: 's', offset: n, raw: Uint8Array.of(n) });

  /** Decodes a byte to itself, at that many seconds, and to ten times itself, without a time; only with what was fetched for it. `fetch` settles when it may. */
  function fetchingFormat(fetch: (n: number) => Promise<void>): Format<number> {
    return {
      ...json(t.number),
      createDecoder() {
        let fetched = -1;
        return {
          async prepare(bytes) {
            await fetch(bytes[0] as number);
            fetched = bytes[0] as number;
          },
          decode(bytes, from, _to, out) {
            if (bytes[from] !== fetched) throw new Error(`decoded ${bytes[from]} with the schema of ${fetched}`);
            out.record(fetched, fetched * 1000);
            out.record(fetched * 10, Number.NaN);
          },
        };
      },
    };
  }

  it('decodes each letter with what was fetched for it, several at the same time, and goes on after one that fails', async () => {
    const asked: (() => void)[] = [];
    const call = redriveAsync(fetchingFormat((n) => new Promise((resolve, reject) => asked.push(() => (n === 2 ? reject(new Error('the registry does not know 2')) : resolve())))));
    const { signal } = new AbortController();
    const results = Promise.allSettled(Array.from({ length: 40 }, (_, n) => call(letterOf(n), { signal })));
    const settled = async (): Promise<void> => {
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    };
    await settled();
    expect(asked.length).toBe(16);
    // The newest first: what is fetched early must not be decoded with by those that wait longer.
    for (let next = asked.pop(); next !== undefined; next = asked.pop()) {
      next();
      await settled();
      expect(asked.length).toBeLessThanOrEqual(16);
    }
    const all = await results;
    expect(all[2]).toEqual({ status: 'rejected', reason: expect.objectContaining({ message: 'the registry does not know 2' }) as unknown });
    expect(all.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])))
      .toEqual([0, 1, ...Array.from({ length: 37 }, (_, n) => n + 3)].map((n) => [{ value: n, timestamp: n * 1000 }, { value: n * 10, timestamp: Number.NaN }]));
  });

  it('does not wait for letters that were given up, whether or not they are ever done', async () => {
    const hangs: (() => void)[] = [];
    const call = redriveAsync(fetchingFormat((n) => (n < 16 ? new Promise((resolve) => hangs.push(resolve)) : Promise.resolve())));
    const controllers = Array.from({ length: 20 }, () => new AbortController());
    const results = controllers.map(({ signal }, n) => call(letterOf(n), { signal }));
    const all = Promise.allSettled(results);
    while (hangs.length < 16) await Promise.resolve();
    // One that waits for its turn, and all that hang.
    controllers[18]!.abort(new Error('18 is late'));
    for (const controller of controllers.slice(0, 16)) controller.abort();
    for (const n of [16, 17, 19]) expect((await results[n])![0]).toEqual({ value: n, timestamp: n * 1000 });
    await expect(results[18]).rejects.toThrow('18 is late');
    for (const resolve of hangs) resolve();
    expect((await all).map(({ status }) => status === 'fulfilled')).toEqual(controllers.map((_, n) => n !== 18));
    await expect(call(letterOf(20), { signal: controllers[18]!.signal })).rejects.toThrow('18 is late');
    await expect(call(letterOf(20), { signal: new AbortController().signal })).resolves.toHaveLength(2);
  });

  it('gives records at their own time, in the order of the letters', async () => {
    const seen: [number, number | undefined][] = [];
    const env = StreamEnvironment.create();
    const slowFirst = fetchingFormat((n) => new Promise((resolve) => setTimeout(resolve, n === 3 ? 5 : 0)));
    env.fromElements(letterOf(3), letterOf(1), letterOf(2))
      .assignTimestampsAndWatermarks(monotonousTimestamps(() => 77_000))
      .asyncMap(redriveAsync(slowFirst), { timeout: '30 s' })
      .flatMap(redriven<number>)
      .process({ processElement: (value, context) => void seen.push([value, context.timestamp]) })
      .forEach(() => {});
    await env.execute('redriven');
    expect(seen).toEqual([[3, 3000], [30, 77_000], [1, 1000], [10, 77_000], [2, 2000], [20, 77_000]]);
  });
});
