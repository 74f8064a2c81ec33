import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defineJob, fileSink, json, state, t } from './index.js';
import { runOnNode } from './node-executor.js';
import type { RunOptions } from './operators/executor.js';
import type { LocalJob } from './runtime/job/local-job.js';

let folder = '';
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'millrace-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Numbers 1 to `last`, counted by their last digit; the count stands in each row. */
function countJob(last: number, uid = 'counts', name = 'seen'): ReturnType<typeof defineJob> {
  return defineJob({
    name: 'count',
    build(env) {
      env.fromSequence(1, last, { uid: 'numbers' })
        .keyBy((n) => n % 10)
        .process({
          output: t.struct({ digit: t.number, count: t.number }),
          state: { [name]: state.value(t.number) },
          processElement(_n, context, out) {
            const kept = (context.state as Record<string, { value(): number | undefined; update(count: number): void }>)[name]!;
            kept.update((kept.value() ?? 0) + 1);
            out.collect({ digit: context.key as number, count: kept.value()! });
          },
        }, { uid })
        .sinkTo(fileSink({ path: join(folder, 'out'), format: json(), existing: 'append' }), { uid: 'out' });
    },
  });
}

function run(job: ReturnType<typeof defineJob>, options: RunOptions = {}): LocalJob {
  return runOnNode(job.build({}), { ...options, options: { 'checkpoint.dir': join(folder, 'state'), ...options.options } });
}

function rows(): { digit: number; count: number }[] {
  return readdirSync(join(folder, 'out'))
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => readFileSync(join(folder, 'out', name), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { digit: number; count: number }));
}

const highest = (): number => Math.max(...rows().map((row) => row.count));

describe('runs with a checkpoint directory', () => {
  it('goes on from the newest checkpoint, and starts anew when told so', async () => {
    await run(countJob(100)).done;
    expect([rows().length, highest()]).toEqual([100, 10]);
    // The input was read to its end, so the same job has nothing more to do.
    await run(countJob(100)).done;
    expect(rows()).toHaveLength(100);
    await run(countJob(100), { resume: 'none' }).done;
    expect([rows().length, highest()]).toEqual([200, 10]);
  });

  it('R44 fits restored state to a renamed operator, or refuses it by name', async () => {
    await run(countJob(100)).done;
    await expect(run(countJob(100, 'tallies')).done).rejects.toMatchObject({ code: 'MR-2303', message: expect.stringContaining('"counts"') as string });
    await run(countJob(100, 'tallies'), { mapUid: { counts: 'tallies' }, resetWatermarks: true }).done;
    await expect(run(countJob(100, 'tallies', 'other')).done).rejects.toMatchObject({ code: 'MR-2203' });
    await run(countJob(100, 'tallies', 'other'), { dropState: ['tallies/seen'] }).done;
    expect(rows()).toHaveLength(100);
  });

  it('goes on from a checkpoint of another directory, and says when there is none', async () => {
    await run(countJob(100)).done;
    const moved = { options: { 'checkpoint.dir': join(folder, 'new-state') } };
    await expect(run(countJob(100), { ...moved, resume: join(folder, 'nothing') }).done).rejects.toMatchObject({ code: 'MR-2407' });
    await run(countJob(100), { ...moved, resume: join(folder, 'state') }).done;
    expect(rows()).toHaveLength(100);
    expect(() => runOnNode(countJob(1).build({}), { resume: join(folder, 'state') })).toThrow(/MR-2408/);
  });
});
