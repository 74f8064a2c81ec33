import { once } from 'node:events';
import { BroadcastChannel } from 'node:worker_threads';
import { engine } from '../lib/engine.mjs';
import { withTemporaryFolder } from '../lib/temporary-folder.mjs';

const CASES = { 'all keys': 1, 'a tenth of the keys': 10 };
const LIMIT_MS = 25;
const CHECKPOINTS = 10;

/** How long the records of a subtask stand still while a checkpoint of a million keys is taken at full speed, in a worker as the command runs them. */
export const part = {
  title: 'pause',
  cases: Object.keys(CASES),
  run: (name, { smoke }) => withTemporaryFolder((directory) => measure(name, directory, smoke)),
};

async function measure(name, directory, smoke) {
  const told = [];
  const users = smoke ? 2_000 : 1_000_000;
  const job = await engine.runJob(new URL('./watched-job.mjs', import.meta.url), {
    workers: 1, args: { users, touched: users / CASES[name] }, options: { 'checkpoint.dir': directory, 'checkpoint.interval': 3_600_000 }, onCheckpoint: (each) => told.push(each),
  });
  while (job.progress().recordsIn < users) await pause(20);
  // The first is of all keys, and compiles the code that writes them.
  await job.checkpoint();
  const spans = [];
  for (let taken = 0; taken < (smoke ? 2 : CHECKPOINTS); taken++) {
    await pause(smoke ? 5 : 300);
    const from = now();
    await job.checkpoint();
    spans.push({ from, to: now() });
  }
  const turns = await pausesOfWorker();
  await job.cancel();
  const during = turns.filter(({ from, to }) => spans.some((span) => from < span.to && to > span.from));
  const first = (spans[0] ?? { from: 0 }).from;
  return linesOf(name, { during, other: turns.filter((turn) => turn.from > first && !during.includes(turn)), spans, told: told.slice(1) });
}

async function pausesOfWorker() {
  const channel = new BroadcastChannel('pauses');
  channel.postMessage('stop');
  const [{ data }] = await once(channel, 'message');
  channel.close();
  return data;
}

function linesOf(name, { during, other, spans, told }) {
  const worst = (turns, of) => turns.reduce((most, turn) => Math.max(most, turn[of]), 0);
  const own = worst(during, 'own');
  const longest = during.find((turn) => turn.own === own) ?? { cpu: 0 };
  const most = (of) => told.reduce((largest, each) => Math.max(largest, each[of] ?? 0), 0).toFixed(1);
  const duration = spans.reduce((sum, { from, to }) => sum + to - from, 0) / spans.length;
  return [
    {
      what: `worst pause during a checkpoint of 1M keys, ${name} touched`, value: own, unit: 'ms', goal: `≤ ${LIMIT_MS} ms`, holds: own <= LIMIT_MS,
      detail: `${spans.length} checkpoints of ${duration.toFixed(0)} ms, ${during.length} turns; ${longest.cpu.toFixed(1)} ms of the worst on a core, the rest blocked; barrier ${most('syncMs')} ms, longest slice with the collector and waiting ${most('longestSliceMs')} ms; worst turn outside of them ${worst(other, 'own').toFixed(1)} ms`,
    },
    { what: `worst pause of the collector meanwhile, ${name} touched`, value: worst(during, 'collector'), unit: 'ms', detail: `outside of checkpoints ${worst(other, 'collector').toFixed(1)} ms` },
  ];
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function now() {
  return performance.timeOrigin + performance.now();
}
