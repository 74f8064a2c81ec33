// npm run bench -- event-log [--records N] [--rounds N] [--recovery-mb N]: what an event log takes and gives. Rates by the clock; the load of the
// machine is printed before and after. Needs the built packages (npm run build).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EventLog } from '@millrace/event-log';
import { table } from '../tools/lib/report.mjs';
import { wholeNumbers } from './lib/arguments.mjs';
import { machineLine } from './lib/machine.mjs';
import { median, quantile } from './lib/statistics.mjs';

const VALUE_BYTES = 100;

/** Runs it and prints the table. */
export async function main(argv) {
  const { values } = parseArgs({ args: argv, options: { records: { type: 'string', default: '3000000' }, rounds: { type: 'string', default: '3' }, 'recovery-mb': { type: 'string', default: '1024' } } });
  const [records, rounds, megabytes] = wholeNumbers(values, 'records', 'rounds', 'recovery-mb');
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  process.stdout.write(`${machineLine()}, load ${loadavg()[0].toFixed(1)}, ${records} records of ${VALUE_BYTES} bytes, medians of ${rounds}\n`);
  try {
    const [appended, read] = [[], []];
    for (let round = 0; round < rounds; round++) {
      const log = EventLog.create(join(folder, `round-${round}`), { fsync: 'never' });
      appended.push(records / append(log, records));
      read.push(records / readAll(log, records));
      rmSync(log.directory, { recursive: true });
    }
    const files = await recovery(join(folder, 'killed'), megabytes, 64 * 1024 * 1024);
    rmSync(join(folder, 'killed'), { recursive: true });
    const oneFile = await recovery(join(folder, 'one-file'), Math.min(megabytes, 950), 1024 * 1024 * 1024);
    const latencies = await tailing(join(folder, 'tailed'), 2000);
    const rows = [
      ['append in batches, page cache', `${(median(appended) / 1e6).toFixed(2)} M records/s`, '≥ 1 M/s'],
      ['read', `${(median(read) / 1e6).toFixed(2)} M records/s`, '≥ 2 M/s'],
      [`recovery of ${files.gigabytes.toFixed(2)} GB after kill -9, to the first append`, `${files.seconds.toFixed(2)} s`, '≤ 1 s'],
      [`the same of ${oneFile.gigabytes.toFixed(2)} GB in one file, the largest that a log may have`, `${oneFile.seconds.toFixed(2)} s`, '≤ 1 s'],
      ['tail: flush to reader, p50', `${quantile(latencies, 0.5).toFixed(2)} ms`, ''],
      ['tail: flush to reader, p99', `${quantile(latencies, 0.99).toFixed(2)} ms`, ''],
    ];
    process.stdout.write(`${table(['measurement', 'value', 'goal'], rows)}\nload ${loadavg()[0].toFixed(1)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Seconds to append so many records. */
function append(log, records) {
  const value = new Uint8Array(VALUE_BYTES).fill(120);
  const writer = log.writer(0);
  const startedAt = performance.now();
  for (let n = 0; n < records; n++) writer.append({ value, timestamp: n });
  writer.flush();
  const seconds = (performance.now() - startedAt) / 1000;
  writer.close();
  return seconds;
}

function readAll(log, records) {
  const reader = log.reader(0);
  const startedAt = performance.now();
  let bytes = 0;
  let count = 0;
  for (; reader.next(); count++) bytes += reader.cursor.valueLength;
  const seconds = (performance.now() - startedAt) / 1000;
  reader.close();
  if (count !== records || bytes !== records * VALUE_BYTES) throw new Error(`${count} of ${records} records were read`);
  return seconds;
}

/** A process appends so much and is killed; then another one takes the partition over. */
async function recovery(directory, megabytes, segmentBytes) {
  const script = `import { EventLog } from '@millrace/event-log';
    const writer = EventLog.create(${JSON.stringify(directory)}, { segmentBytes: ${segmentBytes} }).writer(0);
    const value = new Uint8Array(${VALUE_BYTES}).fill(120);
    for (let n = 0; n < ${megabytes * 10_000}; n++) writer.append({ value, timestamp: n });
    writer.flush();
    process.stdout.write('full');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const log = EventLog.open(directory);
  const startedAt = performance.now();
  const writer = log.writer(0);
  if (writer.append({ value: new Uint8Array(1) }) !== megabytes * 10_000) throw new Error('records are missing');
  const seconds = (performance.now() - startedAt) / 1000;
  writer.close();
  return { gigabytes: log.stat()[0].bytes / 1e9, seconds };
}

/** Milliseconds from before an append and its flush in one process until the line comes out of `millrace log tail` in another. */
async function tailing(directory, count) {
  const log = EventLog.create(directory, { fsync: 'never' });
  const command = new URL('../packages/millrace/bin/millrace.js', import.meta.url).pathname;
  const child = spawn(process.execPath, [command, 'log', 'tail', directory, '--from', 'earliest', '--limit', String(count + 1)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const writer = log.writer(0);
  writer.append({ value: new TextEncoder().encode('ready') });
  writer.flush();
  await once(child.stdout, 'data');
  const latencies = [];
  for (let n = 0; n < count; n++) {
    const startedAt = performance.now();
    writer.append({ value: new TextEncoder().encode(String(n)) });
    writer.flush();
    await once(child.stdout, 'data');
    latencies.push(performance.now() - startedAt);
  }
  writer.close();
  return latencies.sort((left, right) => left - right);
}
