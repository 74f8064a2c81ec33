import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StreamEnvironment } from '../../index.js';
import { t, type } from '../../record/types/t.js';
import { state } from '../../state/state-builders.js';

const KEYS = 50;
/** So much that the state does not stay in memory. */
const PADDING = 'x'.repeat(10_000);

/** Counts the records of each key, in a value, a list and a map; tells of each key at its last record. */
async function counts(options: Readonly<Record<string, unknown>>, rounds: number, look: () => void = () => {}): Promise<string[]> {
  const rows: string[] = [];
  const records = Array.from({ length: KEYS * rounds }, (_, at) => ({ key: `k${at % KEYS}`, round: Math.floor(at / KEYS) }));
  const stream = StreamEnvironment.create({ options })
    .fromCollection(records)
    .keyBy('key')
    .process(
      {
        output: type<string>(),
        state: { count: state.value(t.struct({ n: t.number, padding: t.string })), seen: state.list(t.number), by: state.map(t.number, t.string) },
        processElement(record, context, out) {
          const { count, seen, by } = context.state;
          const before = count.value() ?? { n: 0, padding: PADDING };
          before.n++;
          count.update(before);
          seen.add(record.round);
          by.put(record.round % 2, record.key);
          if (record.round === rounds - 1) out.collect(`${record.key} ${before.n} ${[...seen.get()].join('')} ${by.size}`);
          look();
        },
      },
      { name: 'counts', uid: 'counts' },
    );
  for await (const row of stream.executeAndCollect()) rows.push(row);
  return rows.sort();
}

describe('the choice of a state backend', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-choice-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('gives the same results with state on disk, and leaves nothing in the temporary directory', async () => {
    const left = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('millrace-state-counts'));
    const before = left();
    let during: string[] = [];
    const onDisk = await counts({ stateBackend: 'log' }, 3, () => (during = left()));
    expect(onDisk).toEqual(await counts({}, 3));
    expect(onDisk).toHaveLength(KEYS);
    expect(during.length).toBe(before.length + 1);
    expect(left()).toEqual(before);
  });

  it('works beside the checkpoints, removes what an earlier run left there, and goes on from either backend on the other', async () => {
    const checkpoints = join(folder, 'checkpoints');
    let during: string[] = [];
    const run = (stateBackend: string): Promise<string[]> => counts({ stateBackend, 'checkpoint.dir': checkpoints }, 1, () => (during = readdirSync(checkpoints).includes('work') ? readdirSync(join(checkpoints, 'work')) : []));
    await run('log');
    expect(during).toEqual([expect.stringMatching(/^counts-0-/)]);
    expect(readdirSync(join(checkpoints, 'work'))).toEqual([]);
    // A restore finds the source at its end, so nothing is counted twice; the state itself is taken over.
    expect(await run('heap')).toEqual([]);
    expect(readdirSync(checkpoints)).not.toContain('work');
    expect(await run('log')).toEqual([]);
  });
});
