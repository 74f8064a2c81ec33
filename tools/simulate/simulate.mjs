// npm run simulate -- [--seeds N] [--seed S]: random jobs on the simulated machine, with random checkpoints, power cuts
// and restores at other parallelisms, compared with a plain computation. N cases are drawn from the seed S; the same
// two numbers give the same cases again.
import { parseArgs } from 'node:util';
import { closingLine, counts } from '../lib/report.mjs';
import { runBin } from '../lib/run.mjs';

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '1000' }, seed: { type: 'string', default: String(Date.now() % 1_000_000) } } });
const cases = Number(values.seeds);
if (!Number.isSafeInteger(cases) || cases < 1) {
  console.error('simulate: --seeds takes a whole number from 1');
  process.exit(2);
}
const command = `npm run simulate -- --seeds ${cases} --seed ${values.seed}`;
console.log(`${cases} random jobs from seed ${values.seed} (again with: ${command})`);
const { code, stdout } = await runBin('vitest', 'vitest', ['run', 'packages/core/src/runtime/job/random-jobs.test.ts'], {
  env: { MILLRACE_CASES: String(cases), MILLRACE_SEED: values.seed, NO_COLOR: '1' },
  timeoutMs: 3_600_000,
});
if (code !== 0) console.error(`${stdout}\nfound one; replay it with: ${command}`);
console.log(closingLine(counts(code === 0 ? cases : cases - 1, code === 0 ? 0 : 1)));
process.exitCode = code === 0 ? 0 : 1;
