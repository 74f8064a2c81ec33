// npm run bench -- kafka [--records N] [--rounds N]: source and sink against the consumer and producer of the driver they
// are built on, in one run: every case in a process of its own, in turn, so that a busy machine is busy for all.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { kafkaAdmin } from '@millrace/kafka';
import { kafkaUnavailable, ownKafka } from '../../tools/services/for-tests.mjs';
import { wholeNumbers } from '../lib/arguments.mjs';
import { machineLine } from '../lib/machine.mjs';
import { table } from '../../tools/lib/report.mjs';

const CASE = fileURLToPath(new URL('./case.mjs', import.meta.url));
const PARTITIONS = 4;
const WRITING = ['driver: producer', 'sink: at-least-once', 'sink: exactly-once'];
const READING = ['driver: consumer', 'source: bytes', 'source: text', 'pipeline: JSON, count per key, sink'];

/** Runs it and prints the table. */
export async function main(argv) {
  const { values } = parseArgs({ args: argv, options: { records: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '3' } } });
  const [records, rounds] = wholeNumbers(values, 'records', 'rounds');
  const unavailable = await kafkaUnavailable();
  if (unavailable !== undefined) throw new Error(unavailable);
  const server = await ownKafka();
  const admin = kafkaAdmin({ brokers: server.bootstrap });
  const found = new Map([...WRITING, ...READING].map((name) => [name, []]));
  const create = async () => {
    const topic = `bench-${randomUUID()}`;
    await admin.createTopics([topic, `${topic}-out`].map((one) => ({ topic: one, partitions: PARTITIONS, replicas: 1 })));
    return topic;
  };
  try {
    let full;
    for (let round = 0; round < rounds; round++) {
      for (const name of WRITING) {
        const topic = await create();
        found.get(name).push(await measure(name, server.bootstrap, topic, records));
        if (name === WRITING[0] && full === undefined) full = topic;
        else await admin.deleteTopics([topic, `${topic}-out`]);
      }
      for (const name of READING) found.get(name).push(await measure(name, server.bootstrap, full, records));
    }
  } finally {
    await admin.close();
    await server.remove();
  }
  const best = (name) => found.get(name).map(({ ms }) => ms).sort((left, right) => left - right)[Math.floor(rounds / 2)];
  const lines = [...found.keys()].map((name) => {
    const yardstick = WRITING.includes(name) ? WRITING[0] : READING[0];
    return [name, Math.round(records / best(name)), (best(yardstick) / best(name)).toFixed(2), (found.get(name)[0].cpuMs / 1000).toFixed(1)];
  });
  process.stdout.write(`${machineLine()}, load ${loadavg()[0].toFixed(1)}, ${records} records of 100 bytes, ${PARTITIONS} partitions, medians of ${rounds}\n`);
  process.stdout.write(`${table(['case', 'k records/s', 'of the driver', 'CPU s'], lines)}\n`);
}

function measure(name, brokers, topic, records) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CASE, name, brokers, topic, String(records)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.on('close', (code) => (code === 0 && output !== '' ? resolve(JSON.parse(output.trim().split('\n').at(-1))) : reject(new Error(`"${name}" ended with ${code}`))));
  });
}
