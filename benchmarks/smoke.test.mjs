import { describe, expect, it } from 'vitest';
import { checkpointParts } from './checkpoints/parts.mjs';
import { pipelineParts } from './pipeline/parts.mjs';

describe('the pipeline benchmark', () => {
  for (const [name, url] of Object.entries(pipelineParts)) {
    it(`${name}: every case runs on tiny sizes, and the rows of engine and hand loop are equal`, async () => {
      const { part } = await import(url.href);
      for (const each of part.cases) expect(await part.run(each, { smoke: true })).not.toEqual([]);
    });
  }
});

describe('the checkpoints benchmark', () => {
  // The others start workers, which run on the built packages only: `npm run bench -- checkpoints --smoke`.
  for (const [name, url] of Object.entries(checkpointParts).filter(([name]) => name === 'throughput' || name === 'incremental')) {
    it(`${name}: every case runs on tiny sizes`, { timeout: 60_000 }, async () => {
      const { part } = await import(url.href);
      for (const each of part.cases) expect(await part.run(each, { smoke: true })).not.toEqual([]);
    });
  }
});
