import { once } from 'node:events';
import { BroadcastChannel } from 'node:worker_threads';
import { engine } from '../lib/engine.mjs';
import { withTemporaryFolder } from '../lib/temporary-folder.mjs';

/** Which part of the keys is touched. With nothing taken the rest is the same: what pauses there are belongs to no checkpoint. */
const CASES = {
  'all keys touched': { share: 1, takes: true },
  'a tenth of the keys touched': { share: 10, takes: true },
  'all keys touched, but nothing taken': { share: 1, takes: false },
};
/** As long as a checkpoint takes about. */
const NOTHING_MS = 1_300;
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
  const { share, takes } = CASES[name];
  const job = await engine.runJob(new URL('./watched-job.mjs', import.meta.url), {
    workers: 1, args: { users, touched: users / share }, options: { 'checkpoint.dir': directory, 'checkpoint.interval': 3_600_000 }, onCheckpoint: (each) => told.push(each),
  });
  while (job.progress().recordsIn < users) await pause(20);
  // The first is of all keys, and compiles the code that writes them.
  const first = await spanOf(() => job.checkpoint());
  const spans = [];
  for (let taken = 0; taken < (smoke ? 2 : CHECKPOINTS); taken++) {
    // As long without as with one, so that the worst of both can be compared.
    await pause(smoke ? 5 : 300 + lengthOf(spans.at(-1)));
    spans.push(await spanOf(() => (takes ? job.checkpoint() : pause(smoke ? 5 : NOTHING_MS))));
  }
  await pause(smoke ? 5 : lengthOf(spans.at(-1)));
  const turns = await pausesOfWorker();
  await job.cancel();
  const isIn = (turn, { from, to }) => turn.from < to && turn.to > from;
  const during = turns.filter((turn) => spans.some((span) => isIn(turn, span)));
  const other = turns.filter((turn) => turn.from > first.to && !during.includes(turn));
  return linesOf(name, { during, other, atFirst: turns.filter((turn) => isIn(turn, first)), spans, told: told.slice(1) });
}

async function pausesOfWorker() {
  const channel = new BroadcastChannel('pauses');
  channel.postMessage('stop');
  const [{ data }] = await once(channel, 'message');
  channel.close();
  return data;
}

function linesOf(name, { during, other, atFirst, spans, told }) {
  const worst = (turns, of) => turns.reduce((most, turn) => Math.max(most, turn[of]), 0);
  const own = worst(during, 'own');
  const untouched = (turns) => worst(turns.filter(({ stolen }) => stolen === 0), 'own').toFixed(1);
  const longest = during.find((turn) => turn.own === own) ?? { cpu: 0, stolen: 0 };
  const most = (of) => told.reduce((largest, each) => Math.max(largest, each[of] ?? 0), 0).toFixed(1);
  const duration = spans.reduce((sum, span) => sum + lengthOf(span), 0) / spans.length;
  return [
    {
      what: `worst pause ${CASES[name].takes ? 'during a checkpoint of' : 'with'} 1M keys, ${name}`, value: own, unit: 'ms', goal: `≤ ${LIMIT_MS} ms`, holds: own <= LIMIT_MS,
      detail: `${spans.length} of ${duration.toFixed(0)} ms, ${during.length} turns; ${longest.cpu.toFixed(1)} ms of the worst on a core, the rest blocked, up to ${longest.stolen.toFixed(0)} ms of it stolen by the hypervisor, worst of turns without ${untouched(during)} ms; ${CASES[name].takes ? `barrier ${most('syncMs')} ms, longest slice with the collector and waiting ${most('longestSliceMs')} ms; ` : ''}outside of them as long: ${worst(other, 'own').toFixed(1)} ms, of turns without anything stolen ${untouched(other)} ms; first checkpoint, right after the start, ${worst(atFirst, 'own').toFixed(1)} and ${untouched(atFirst)} ms`,
    },
    { what: `worst pause of the collector meanwhile, ${name}`, value: worst(during, 'collector'), unit: 'ms', detail: `outside of checkpoints ${worst(other, 'collector').toFixed(1)} ms` },
  ];
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** When something was done. */
async function spanOf(work) {
  const from = now();
  await work();
  return { from, to: now() };
}

function lengthOf(span) {
  return span === undefined ? 0 : span.to - span.from;
}

function now() {
  return performance.timeOrigin + performance.now();
}
