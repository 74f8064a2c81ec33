import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { giveBack } from '../../base/own-memory.js';
import { defineJob, discardSink } from '../../index.js';
import { runOnNode } from '../../node-executor.js';

/** The bit of the status that says that a function is compiled for speed. */
const OPTIMIZED = 1 << 4;

/** Whether a compiled function with a typed array is still compiled when memory was given back. In a thread that has given none back so far. */
function staysCompiled(): boolean {
  setFlagsFromString('--allow-natives-syntax');
  try {
    const check = new Function('use', 'giveBack', 'OPTIMIZED', `
      const numbers = new Int32Array(64);
      %PrepareFunctionForOptimization(use);
      use(numbers);
      use(numbers);
      %OptimizeFunctionOnNextCall(use);
      use(numbers);
      if ((%GetOptimizationStatus(use) & OPTIMIZED) === 0) throw new Error('it was not compiled');
      giveBack();
      use(numbers);
      return (%GetOptimizationStatus(use) & OPTIMIZED) !== 0;`) as (use: (numbers: Int32Array) => number, giveBack: () => void, bit: number) => boolean;
    return check((numbers) => ++numbers[7]!, () => giveBack(new Uint8Array(1 << 16)), OPTIMIZED);
  } finally {
    setFlagsFromString('--no-allow-natives-syntax');
  }
}

describe('the first checkpoint of a thread', () => {
  it('lets the code of the job stay compiled when it gives memory back', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-'));
    try {
      let stayed: boolean | undefined;
      const job = defineJob({
        name: 'compiled',
        build: (env) =>
          env
            .fromSequence(1, 1, { uid: 'one' })
            .map((n) => {
              stayed = staysCompiled();
              return n;
            })
            .sinkTo(discardSink(), { uid: 'out' }),
      });
      await runOnNode(job.build({}), { options: { 'checkpoint.dir': folder } }).done;
      expect(stayed).toBe(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
