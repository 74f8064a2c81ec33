import { describe, expect, it } from 'vitest';
import { json } from '../../formats/json/json.js';
import { decodeUtf8 } from '../../base/bytes.js';
import { nodePlatform } from '../../platform/node/node-platform.js';
import { SinkDriver } from '../../testing/sink-driver.js';
import { sinkKit, type SinkUnderTest } from '../../testing/sink-kit.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { ConnectorFunctionFailed, ConnectorOptionInvalid } from '../errors.js';
import { fileSink } from '../file/file-sink.js';
import { collectSink } from './collect-sink.js';
import { discardSink } from './discard-sink.js';
import { functionSink } from './function-sink.js';
import { printSink, rowText } from './print-sink.js';

const platform = nodePlatform();
interface Row {
  readonly n: number;
}
const record = (n: number): Row => ({ n });
const textOf = (row: Row): string => JSON.stringify(row);

describe('sinks, by the kit', () => {
  const targets: Record<string, () => SinkUnderTest<Row>> = {
    'function sink': () => {
      const rows: Row[] = [];
      return { reopen: () => functionSink<Row>((row) => void rows.push(row)), visible: () => rows };
    },
    'asynchronous function sink': () => {
      const rows: Row[] = [];
      return { reopen: () => functionSink<Row>(async (row) => { await Promise.resolve(); rows.push(row); }, { maxInFlight: 3 }), visible: () => rows };
    },
  };
  for (const [sink, create] of Object.entries(targets)) for (const { name, run } of sinkKit<Row>({ platform, create, record, textOf })) it(`${sink}: ${name}`, run);

  const simulated = new SimulatedPlatform({ seed: 5 });
  let count = 0;
  const create = (): SinkUnderTest<Row> => {
    const path = `/out-${count++}`;
    const { files } = simulated;
    const visible = (): Row[] => files.readDirectory(path).filter(({ name }) => !name.startsWith('.')).flatMap(({ name }) => decodeUtf8(files.readFile(`${path}/${name}`)).split('\n').filter(Boolean).map((line) => JSON.parse(line) as Row));
    return { reopen: () => fileSink<Row>({ path, format: json<Row>(), rollBytes: 20 }) as never, visible };
  };
  for (const { name, run } of sinkKit<Row>({ platform: simulated, create, record, textOf })) it(`file sink: ${name}`, run);
});

describe('print, collect, discard', () => {
  it('prints one line a row, with the subtask when there are several', async () => {
    const alone = new SinkDriver<unknown>(printSink(), { platform });
    await alone.start();
    for (const row of ['text', { a: 1n, b: [Number.NaN] }, 5, 5n, null, new Map([['k', new Set([1])]]), { raw: Uint8Array.of(1, 255), buffer: Buffer.from('a') }]) await alone.write(row);
    expect(alone.printed).toEqual(['text', '{"a":"1n","b":["NaN"]}', '5', '5n', 'null', '{"k":[1]}', '{"raw":"01ff","buffer":"61"}'].map((text) => `${text}\n`));
    const two = new SinkDriver<Row>(printSink<Row>({ prefix: 'rows', format: ({ n }) => `#${n}` }), { platform, parallelism: 2 });
    await two.start();
    await two.write({ n: 1 }, { subtask: 1 });
    expect(two.printed).toEqual(['rows:2> #1\n']);
    const cycle: { self?: unknown; twice: object[] } = { twice: [] };
    cycle.self = cycle;
    const shared = { s: 1 };
    cycle.twice = [shared, shared];
    expect(rowText(cycle)).toBe('{"twice":[{"s":1},{"s":1}],"self":"(contains itself)"}');
  });

  it('hands rows over, or drops them', async () => {
    const collecting = new SinkDriver<Row>(collectSink('rows'), { platform });
    await collecting.start();
    await collecting.write({ n: 1 });
    expect(collecting.rows).toEqual([{ channel: 'rows', row: { n: 1 } }]);
    await collecting.finish();
    const dropping = new SinkDriver<Row>(discardSink(), { platform });
    await dropping.start();
    await dropping.write({ n: 1 });
    await dropping.finish();
  });
});

describe('function sink', () => {
  it('holds the input while too many calls are under way', async () => {
    const open: (() => void)[] = [];
    const writer = functionSink<number>(() => new Promise((resolve) => open.push(resolve)), { maxInFlight: 2 }).createWriter({ subtask: 0, signal: new AbortController().signal } as never, []);
    const context = { timestamp: 0, watermark: 0 };
    writer.write(1, context);
    expect(writer.isFull!()).toBe(false);
    writer.write(2, context);
    expect(writer.isFull!()).toBe(true);
    let drained = false;
    void writer.drained!().then(() => (drained = true));
    await Promise.resolve();
    expect(drained).toBe(false);
    open[0]!();
    await new Promise((resolve) => setImmediate(resolve));
    expect(drained).toBe(true);
    let flushed = false;
    void (writer.flush!(false) as Promise<void>).then(() => (flushed = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(flushed).toBe(false);
    open[1]!();
    await new Promise((resolve) => setImmediate(resolve));
    expect(flushed).toBe(true);
  });

  it('fails with the code of a function that failed, sooner or later', async () => {
    const sync = new SinkDriver<number>(functionSink(() => { throw new Error('no room'); }), { platform });
    await sync.start();
    await expect(sync.write(1)).rejects.toSatisfy((error) => ConnectorFunctionFailed.is(error));
    const later = new SinkDriver<number>(functionSink(() => Promise.reject(new Error('no room'))), { platform });
    await later.start();
    await later.write(1);
    await expect(later.barrier()).rejects.toSatisfy((error) => ConnectorFunctionFailed.is(error));
    await expect(later.write(2)).rejects.toSatisfy((error) => ConnectorFunctionFailed.is(error));
  });

  it('refuses settings that cannot be', () => {
    expect(() => functionSink(5 as never)).toThrow(ConnectorOptionInvalid.code);
    expect(() => functionSink(() => undefined, { maxInFlight: 0 })).toThrow(ConnectorOptionInvalid.code);
  });
});
