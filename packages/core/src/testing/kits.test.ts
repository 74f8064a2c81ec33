import { expect, it } from 'vitest';
import { collection } from '../connectors/memory/collection-source.js';
import { functionSink } from '../connectors/memory/function-sink.js';
import { raw } from '../formats/raw.js';
import { nodePlatform } from '../platform/node/node-platform.js';
import { formatKit } from './format-kit.js';
import { KitExpectationFailed } from './kit-errors.js';
import { sinkKit } from './sink-kit.js';
import { sourceKit } from './source-kit.js';

const platform = nodePlatform();

async function failures(tests: readonly { readonly name: string; run(): Promise<void> | void }[]): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of tests) {
    try {
      await run();
    } catch (error) {
      expect(KitExpectationFailed.is(error)).toBe(true);
      failed.push(name);
    }
  }
  return failed;
}

it('a source that loses a record, a sink that commits nothing and a format that changes a record fail their kits', async () => {
  expect(await failures(sourceKit<number>({ platform, create: () => collection([1, 2]) as never, expected: [1, 2, 3], textOf: String }))).toContain('gives every record once with 1 readers');
  const forgetful = { reopen: () => ({ ...functionSink<number>(() => undefined), guarantee: 'exactly-once' as const }), visible: () => [] };
  expect(await failures(sinkKit<number>({ platform, create: () => forgetful, record: (n) => n, textOf: String }))).toContain('shows every record once at the end of a bounded job without checkpoints');
  expect(await failures(formatKit<string>({ format: raw(), values: ['a'], malformed: ['b'], equal: (left, right) => left === right }))).toEqual(['malformed input gives a coded error and does no harm to the next record']);
});
