import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaClient } from '@kafkats/client';
import { CommittedReader } from './committed-reader.mjs';

const ORDERS = 2000;
const PARTITIONS = 4;
/** Orders come over this time, so that kills fall into the middle. */
const WRITING_MS = 2000;
/** Where a process sleeps meanwhile: long enough that another one takes over, works, and is still working when the first wakes up. */
const SLOW_WRITING_MS = 20_000;
/** A process silent for longer is taken for dead. */
const SILENT_MS = 10_500;
const CHUNKS = 40;
const MOST_STARTS = 6;

/**
 * One job: orders are written while it runs, it is killed at a named point (and, where the round says so, the broker is
 * killed and started again), goes on elsewhere, and ends. Meanwhile and afterwards a reader of committed records sees
 * nothing wrong and nothing twice, in the end everything. `sleeping`: the process is not killed at the point but stopped, and
 * wakes up when another one has taken over.
 */
export async function playRound(host, server, round, chance, { broker = false, sleeping = false } = {}) {
  const topics = { from: `orders-${process.pid}-${round}`, to: `results-${process.pid}-${round}` };
  const admin = host.kafkaAdmin({ brokers: server.bootstrap });
  const config = { 'retention.ms': '-1' };
  await admin.createTopics([{ topic: topics.from, partitions: PARTITIONS, replicas: 1, config }, { topic: topics.to, partitions: PARTITIONS, replicas: 1, config }]);
  await admin.close();
  const folder = mkdtempSync(join(tmpdir(), 'millrace-kafka-kill-'));
  const log = join(folder, 'log');
  writeFileSync(log, '');
  const lanes = host.makeOrders(ORDERS, PARTITIONS);
  const expected = host.oracle(lanes);
  const reader = new CommittedReader(server.bootstrap, topics.to, PARTITIONS);
  const plan = { state: join(folder, 'state'), log, intervalMs: 100, args: { brokers: server.bootstrap, ...topics, ends: JSON.stringify(Object.fromEntries(lanes.map((lane, partition) => [partition, lane.length]))) } };
  const writing = writeOrders(server.bootstrap, topics.from, lanes, sleeping ? SLOW_WRITING_MS : WRITING_MS);
  const outage = broker ? sleep(600 + chance() * 1200).then(() => restart(server)) : undefined;
  let problem;
  try {
    const points = sleeping ? host.points.filter((point) => !point.startsWith('during-restore')) : host.points;
    problem = await (sleeping ? playSleeping : play)({ host, plan, reader, expected, chance }, points[round % points.length]);
    await outage;
    const failed = await writing;
    problem ??= failed;
  } finally {
    await outage?.catch(() => {});
    await reader.close();
  }
  const reached = readFileSync(log, 'utf8').split('\n').flatMap((line) => / reached (.*)$/.exec(line)?.[1] ?? []);
  if (problem === undefined) rmSync(folder, { recursive: true, force: true });
  return { problem, reached, folder };
}

async function play(run, point) {
  const { host, plan, reader, expected, chance } = run;
  const nth = point.startsWith('during-restore') ? 1 : 2 + Math.floor(chance() * 5);
  // A restore is killed once something was saved.
  const kills = point.startsWith('during-restore') ? [{ point: 'before-notify', nth: 3 }, { point, nth }] : [{ point, nth }, { afterMs: 400 + chance() * 1200 }];
  for (const { afterMs, ...kill } of kills) {
    const end = await start(host, { ...plan, parallelism: 2, workers: chance() < 0.5 ? 1 : 2, ...kill }, afterMs);
    const wrong = reader.wrong(expected);
    if (wrong !== undefined) return `after ${JSON.stringify({ afterMs, ...kill })}: ${wrong}`;
    if (end.signal === null && end.code !== 0) return `a run ended with code ${end.code}:\n${end.errors}`;
    if (end.signal === null) break;
  }
  for (let attempt = 0; attempt < MOST_STARTS; attempt++) {
    const last = await start(host, { ...plan, parallelism: attempt === 0 ? 2 : 1 + Math.floor(chance() * 3), workers: 1 });
    if (last.code === 0) break;
    if (last.signal === null || attempt === MOST_STARTS - 1) return `the last run ended with code ${last.code}, signal ${last.signal}:\n${last.errors}`;
  }
  return everythingOnce(run);
}

/** A process sleeps at a point, another takes over, the first wakes up: it ends with a code, and nothing of it is committed. */
async function playSleeping(run, point) {
  const { host, plan, reader, expected } = run;
  const first = launch(host, { ...plan, parallelism: 2, workers: 2, point, nth: 4, signal: 'SIGSTOP' });
  if (!(await until(() => readFileSync(plan.log, 'utf8').includes(` reached ${point}`)))) return `the process never came to ${point}`;
  await sleep(SILENT_MS);
  const before = reader.seen.length;
  const second = launch(host, { ...plan, parallelism: 2, workers: 1 });
  if (!(await until(() => reader.seen.length > before))) {
    first.child.kill('SIGKILL');
    return 'the second process committed nothing';
  }
  // Each of its threads may come to the point and stop it once more.
  const waking = setInterval(() => first.child.kill('SIGCONT'), 200);
  const woken = await first.ended;
  clearInterval(waking);
  if (woken.code === 0 || woken.code === null || !/MR-2405|MR-4017/.test(woken.errors)) return `the process that woke up ended with ${JSON.stringify(woken)}`;
  const wrong = reader.wrong(expected);
  if (wrong !== undefined) return `after the first woke up: ${wrong}`;
  const end = await second.ended;
  if (end.code !== 0) return `the second process ended with code ${end.code}:\n${end.errors}`;
  return everythingOnce(run);
}

async function everythingOnce({ reader, expected }) {
  if (!(await reader.sees(expected.length))) return `a reader of committed records saw ${reader.seen.length} of ${expected.length} results`;
  return reader.wrong(expected);
}

/** Starts a process and waits for its end, or kills it after some time. */
async function start(host, plan, killAfterMs = 180_000) {
  const { child, ended } = launch(host, plan);
  const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  const end = await ended;
  clearTimeout(timer);
  return end;
}

/** Starts a process; `ended` resolves with its code, signal and what it said. */
function launch(host, plan) {
  const child = spawn(process.execPath, [host.host, JSON.stringify(plan)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (data) => (errors += data));
  child.stdout.on('data', (data) => (errors += data));
  return { child, ended: new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, errors }))) };
}

async function until(condition) {
  for (const end = Date.now() + 60_000; !condition(); await sleep(50)) if (Date.now() > end) return false;
  return true;
}

/** Writes the orders a piece at a time; a piece that may or may not have been written is looked for before it goes again. */
async function writeOrders(brokers, topic, lanes, writingMs) {
  const next = lanes.map(() => 0);
  const size = Math.ceil(lanes[0].length / CHUNKS);
  const end = Date.now() + 120_000;
  while (next.some((at, partition) => at < lanes[partition].length)) {
    if (Date.now() > end) return 'the orders could not be written';
    const client = new KafkaClient({ clientId: 'orders', brokers: [brokers], logLevel: 'silent', requestTimeoutMs: 5000 });
    try {
      await client.connect();
      await client.getMetadata([topic]);
      const producer = client.producer({ acks: 'all', retries: 0, lingerMs: 0 });
      for (const [partition, lane] of lanes.entries()) {
        const leader = await client.cluster.getLeaderForPartition(topic, partition);
        const { topics: [answer] } = await leader.listOffsets({ topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp: -1n }] }] });
        if (answer.partitions[0].errorCode !== 0) throw new Error('not yet');
        next[partition] = Number(answer.partitions[0].offset);
        if (next[partition] > lane.length) return `partition ${partition} has ${next[partition]} orders of ${lane.length}`;
      }
      while (next.some((at, partition) => at < lanes[partition].length)) {
        for (const [partition, lane] of lanes.entries()) {
          const piece = lane.slice(next[partition], next[partition] + size);
          if (piece.length > 0) await producer.send(topic, piece.map((order) => ({ partition, value: Buffer.from(JSON.stringify(order)) })));
          next[partition] += piece.length;
        }
        await sleep(writingMs / CHUNKS);
      }
      await producer.disconnect();
    } catch {
      await sleep(300);
    } finally {
      await client.disconnect().catch(() => {});
    }
  }
  return undefined;
}

async function restart(server) {
  await server.kill();
  await server.start();
}
