// npm run simulate -- [--seeds N] [--from S]: whole jobs on a simulated machine, one scenario per seed, held against the
//   invariants; N seeds from S on (a new S each time unless given).
// npm run simulate -- --seed S: one of them, with its trace.
// npm run simulate -- --canaries [--seeds N]: engines with one protection taken out each; the simulator must notice.
import { parseArgs } from 'node:util';
import { closingLine, counts, duration } from '../lib/report.mjs';
import { loadSimulator } from './load-simulator.mjs';

const { values } = parseArgs({ options: { seeds: { type: 'string' }, from: { type: 'string' }, seed: { type: 'string' }, canaries: { type: 'boolean' } } });
const numberOf = (name, unless) => {
  const value = values[name] === undefined ? unless : Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  console.error(`simulate: --${name} takes a whole number from 1`);
  process.exit(2);
};
const simulator = await loadSimulator();
// A killed process of a simulated machine may leave a promise that nobody waits for any more; everything else is a bug.
let stray = 0;
process.on('unhandledRejection', (error) => {
  if (error?.code === 'MR-2784') return;
  stray++;
  console.error(`nobody handles: ${error?.stack ?? error}`);
});
if (values.canaries) await canaries(numberOf('seeds', 300));
else if (values.seed !== undefined) await one(numberOf('seed'));
else await many(numberOf('seeds', 1000), numberOf('from', (Date.now() % 1_000_000_000) + 1));
if (stray > 0) process.exitCode = 1;

async function one(seed) {
  console.log(JSON.stringify(simulator.drawScenario(seed), null, 2));
  const { trace, failure, verdicts } = await simulator.runSeed(seed);
  console.log(trace.join('\n'));
  for (const [id, verdict] of Object.entries(verdicts ?? {})) console.log(`${id.padEnd(4)}${verdict.kind}${verdict.why === undefined ? '' : `: ${verdict.why}`}`);
  if (failure !== undefined) console.error(`\n${failure}\nreplay it with: ${replay(seed)}`);
  finish(failure === undefined ? 1 : 0, failure === undefined ? 0 : 1);
}

async function many(count, first) {
  console.log(`${count} simulated jobs from seed ${first} on (again with: npm run simulate -- --seeds ${count} --from ${first})`);
  const start = performance.now();
  let ran = 0;
  const { runs, failures, verdicts, kills } = await simulator.simulateSeeds({
    first, count,
    ran: ({ seed, failure }) => {
      ran++;
      if (failure !== undefined) console.error(`seed ${seed}: ${failure}\n  replay it with: ${replay(seed)}`);
      if (ran % 100 === 0) console.log(`${ran} runs, ${duration(performance.now() - start)}`);
    },
  });
  console.log([...verdicts].map(([id, { held, notApplicable }]) => `${id} held ${held}${notApplicable > 0 ? ` (not applicable ${notApplicable})` : ''}`).join(' · '));
  console.log(`killed at: ${[...kills].map(([point, times]) => `${point} ${times}`).join(' · ')}`);
  finish(runs - failures.length, failures.length);
}

async function canaries(mostSeeds) {
  let found = 0;
  const proofs = await simulator.proveCanaries(simulator.CANARIES, mostSeeds, ({ canary, breaks, seeds, failure, control }) => {
    if (seeds !== undefined && control === undefined) found++;
    if (control !== undefined) console.error(`${canary}: the whole engine fails in this scenario, too: ${control}`);
    console.log(`${canary.padEnd(34)}${seeds === undefined ? `NOT FOUND in ${mostSeeds} seeds` : `found at seed ${seeds}`.padEnd(20)}  ${breaks}${failure === undefined ? '' : `\n${' '.repeat(34)}${failure.split('\n')[0].slice(0, 150)}`}`);
  });
  finish(found, proofs.length - found);
}

function replay(seed) {
  return `npm run simulate -- --seed ${seed}`;
}

function finish(passed, failed) {
  console.log(closingLine(counts(passed, failed)));
  process.exitCode = failed === 0 ? 0 : 1;
}
