import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { runJob } from '@millrace/core';
import { numberAboveZero, wholeNumbers } from '../lib/arguments.mjs';
import { machineLine } from '../lib/machine.mjs';
import { median } from '../lib/statistics.mjs';

/** npm run bench -- exchange [--seconds N] [--steady N] [--rounds N] */
export async function main(args) {
  const { values } = parseArgs({ args, options: { seconds: { type: 'string', default: '2' }, rounds: { type: 'string', default: '3' }, steady: { type: 'string', default: '5' } } });
  const milliseconds = numberAboveZero(values, 'seconds') * 1000;
  const steadyMs = numberAboveZero(values, 'steady') * 1000;
  const [rounds] = wholeNumbers(values, 'rounds');

  console.log(`${machineLine()}, load ${loadavg()[0].toFixed(1)}`);
  const rates = { channel: [], objects: [] };
  for (let round = 0; round < rounds; round++) for (const kind of ['objects', 'channel']) rates[kind].push(await exchange(kind, milliseconds));
  const [objects, channel] = [median(rates.objects), median(rates.channel)];
  console.log(`exchange of bids between two threads: ${rate(channel)} by channel, ${rate(objects)} by postMessage of arrays of 1024: ${(channel / objects).toFixed(1)} x`);

  const runs = { 1: [], 2: [] };
  for (let round = 0; round < rounds; round++) for (const threads of [1, 2]) runs[threads].push(await countBids(threads, steadyMs));
  const [one, two] = [1, 2].map((threads) => ({ rate: median(runs[threads].map((run) => run.rate)), cpu: median(runs[threads].map((run) => run.cpu)), startUp: median(runs[threads].map((run) => run.startUp)) }));
  console.log(`hot items from JSON at full speed: ${rate(one.rate)} on 1 thread, ${rate(two.rate)} on 2: ${(two.rate / one.rate).toFixed(2)} x; start-up ${one.startUp.toFixed(2)} s and ${two.startUp.toFixed(2)} s`);
  // What remains to be gained on a machine that is busy with other things.
  console.log(`  processor time per record: ${one.cpu.toFixed(0)} ns and ${two.cpu.toFixed(0)} ns, so ${((2 * one.cpu) / two.cpu).toFixed(2)} x on two free cores at best`);
  console.log(`${machineLine()}, load ${loadavg()[0].toFixed(1)}`);
}

/** Records per second from one worker thread to another. */
async function exchange(kind, milliseconds) {
  const { port1, port2 } = new MessageChannel();
  const url = new URL('./end.mjs', import.meta.url);
  const limits = { maxYoungGenerationSizeMb: 128 };
  const sender = new Worker(url, { workerData: { kind, role: 'sender', port: port1, milliseconds }, transferList: [port1], resourceLimits: limits });
  const receiver = new Worker(url, { workerData: { kind, role: 'receiver', port: port2, milliseconds }, transferList: [port2], resourceLimits: limits });
  const result = await new Promise((resolve, reject) => {
    receiver.on('message', resolve).on('error', reject);
    sender.on('error', reject);
  });
  await Promise.all([sender.terminate(), receiver.terminate()]);
  return result;
}

/** The q5-like job once it runs at full speed: records per second, processor time per record in nanoseconds, and seconds until the first record. */
async function countBids(threads, steadyMs) {
  const startedAt = performance.now();
  const job = await runJob(new URL('./hot-items.mjs', import.meta.url), { parallelism: threads, workers: threads, args: { splits: 2 } });
  while (job.progress().recordsIn === 0) await pause(5);
  const startUp = (performance.now() - startedAt) / 1000;
  await pause(2000);
  const before = await nextReport(job);
  await pause(steadyMs);
  const after = await nextReport(job);
  await job.cancel();
  const records = after.recordsIn - before.recordsIn;
  return { rate: (records * 1000) / (after.at - before.at), cpu: ((after.cpuMs - before.cpuMs) * 1e6) / records, startUp };
}

/** What the workers tell next: their reports are a quarter of a second apart, so it counts from when one has come. */
async function nextReport(job) {
  const { recordsIn } = job.progress();
  while (job.progress().recordsIn === recordsIn) await pause(1);
  const { user, system } = process.cpuUsage();
  return { recordsIn: job.progress().recordsIn, at: performance.now(), cpuMs: (user + system) / 1000 };
}

function pause(forMs) {
  return new Promise((resolve) => setTimeout(resolve, forMs));
}

function rate(perSecond) {
  return `${(perSecond / 1e6).toFixed(2)} M records/s`;
}
