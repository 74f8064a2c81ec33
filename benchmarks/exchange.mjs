// node benchmarks/exchange.mjs [--seconds N]: what an exchange between two worker threads costs, and what two threads
// bring a job. Ratios count; the machine's load is printed with them. Needs the built packages (npm run build).
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { runJob } from '../packages/core/dist/index.js';
import { machineLine } from './lib/machine.mjs';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '2' }, rounds: { type: 'string', default: '3' }, records: { type: 'string', default: '400000' } } });
const milliseconds = Number(values.seconds) * 1000;

console.log(`${machineLine()}, load ${loadavg()[0].toFixed(1)}`);
const rates = { channel: [], objects: [] };
for (let round = 0; round < Number(values.rounds); round++) for (const kind of ['objects', 'channel']) rates[kind].push(await exchange(kind));
const [objects, channel] = [median(rates.objects), median(rates.channel)];
console.log(`exchange of bids between two threads: ${rate(channel)} by channel, ${rate(objects)} by postMessage of arrays of 1024: ${(channel / objects).toFixed(1)} x`);

const folder = mkdtempSync(join(tmpdir(), 'millrace-exchange-'));
try {
  const input = join(folder, 'bids.ndjson');
  writeFileSync(input, bidLines(Number(values.records)));
  const times = { 1: [], 2: [] };
  for (let round = 0; round < Number(values.rounds); round++) for (const threads of [1, 2]) times[threads].push(await countBids(input, threads));
  const [one, two] = [1, 2].map((threads) => ({ wall: median(times[threads].map((time) => time.wall)), cpu: median(times[threads].map((time) => time.cpu)) }));
  console.log(`hot items from JSON: ${one.wall.toFixed(2)} s on 1 thread, ${two.wall.toFixed(2)} s on 2: ${(one.wall / two.wall).toFixed(2)} x`);
  // What remains to be gained on a machine that is busy with other things.
  console.log(`  processor time: ${one.cpu.toFixed(2)} s and ${two.cpu.toFixed(2)} s, so ${((2 * one.cpu) / two.cpu).toFixed(2)} x on two free cores at best`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${machineLine()}, load ${loadavg()[0].toFixed(1)}`);

/** Records per second from one worker thread to another. */
async function exchange(kind) {
  const { port1, port2 } = new MessageChannel();
  const url = new URL('./exchange/end.mjs', import.meta.url);
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

/** Seconds for the q5-like job: from the start of the records, not of the threads. */
async function countBids(input, threads) {
  const job = await runJob(new URL('./exchange/hot-items.mjs', import.meta.url), { parallelism: threads, workers: threads, args: { input }, onPrint() {} });
  while (job.progress().recordsIn === 0) await new Promise((go) => setTimeout(go, 5));
  const { recordsIn } = job.progress();
  const start = performance.now();
  const cpu = process.cpuUsage();
  const result = await job.done;
  const share = result.recordsIn / Math.max(1, result.recordsIn - recordsIn);
  const used = process.cpuUsage(cpu);
  return { wall: ((performance.now() - start) / 1000) * share, cpu: ((used.user + used.system) / 1e6) * share };
}

function bidLines(count) {
  const lines = [];
  for (let i = 0; i < count; i++) lines.push(JSON.stringify({ auction: 1000 + ((i * 7919) % 997), bidder: 1 + ((i * 104729) % 5003), price: 100 + ((i * 31) % 10_000), channel: `channel-${i % 7}`, url: `https://auctions.example/item/${i % 997}?from=${i % 13}`, dateTime: 1_700_000_000_000 + i, extra: 'x'.repeat(30 + (i % 20)) }));
  return `${lines.join('\n')}\n`;
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
}

function rate(perSecond) {
  return `${(perSecond / 1e6).toFixed(2)} M records/s`;
}
