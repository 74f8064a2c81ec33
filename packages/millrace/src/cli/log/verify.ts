import type { EventLog, PartitionProblem } from '@millrace/event-log';
import { EXIT } from '../exit-codes.js';
import { bytes, count } from '../table.js';
import type { Terminal } from '../terminal.js';
import type { LookIntoLog } from './commands.js';

/** Reads every byte and shows every problem; fails when something is damaged. A torn end is no damage: the next writer mends it. */
export async function verify(log: EventLog, { json }: LookIntoLog, terminal: Terminal): Promise<number> {
  const problems: PartitionProblem[] = [];
  for (let partition = 0; partition < log.settings.partitions; partition++) {
    for (const problem of log.verify(partition)) {
      problems.push(problem);
      if (!json) terminal.out(`${problemText(problem)}\n`);
    }
    // A signal is heard between partitions.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const damaged = problems.filter(({ isTornEnd }) => !isTornEnd);
  if (json) terminal.out(`${JSON.stringify({ directory: log.directory, damaged: damaged.length > 0, problems })}\n`);
  else if (damaged.length === 0) terminal.out(`${log.directory}: whole (${summary(log)})\n`);
  else terminal.out(`${log.directory}: DAMAGED in ${count(damaged.length)} ${damaged.length === 1 ? 'place' : 'places'}\n`);
  return damaged.length > 0 ? EXIT.failed : EXIT.finished;
}

function problemText({ partition, file, offset, what, isTornEnd }: PartitionProblem): string {
  if (isTornEnd) return `partition ${partition}: torn end behind offset ${offset}, left by a crash or just being written: ${what} (${file}). The next writer cuts it off`;
  return `partition ${partition}: DAMAGED from offset ${offset} on: ${what} (${file})`;
}

function summary(log: EventLog): string {
  const partitions = log.stat();
  const sum = (of: (partition: (typeof partitions)[number]) => number): number => partitions.reduce((total, partition) => total + of(partition), 0);
  return `${count(partitions.length)} ${partitions.length === 1 ? 'partition' : 'partitions'}, ${count(sum(({ records }) => records))} records, ${bytes(sum(({ bytes: size }) => size))}`;
}
