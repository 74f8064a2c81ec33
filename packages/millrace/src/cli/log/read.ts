import type { EventLog } from '@millrace/event-log';
import { EXIT } from '../exit-codes.js';
import { interruptible } from '../interruptible.js';
import type { Terminal } from '../terminal.js';
import type { ReadLog } from './commands.js';
import { RecordOutput } from './record-output.js';

/** Shows the records that are there, partition after partition. What is appended meanwhile is not waited for. */
export async function read(log: EventLog, command: ReadLog, terminal: Terminal): Promise<number> {
  const ranges = partitionsOf(log, command).map((partition) => ({ partition, until: log.offsetOf(partition, command.until ?? 'latest') }));
  const output = new RecordOutput(command.output, terminal);
  return interruptible(terminal, '', async (signal) => {
    for (const { partition, until } of ranges) {
      const reader = log.reader(partition, command.from);
      try {
        // An offset behind the end is told by its code where one partition is meant; of several, some are shorter than others.
        if (ranges.length === 1 && reader.nextOffset > log.endOffset(partition)) reader.next();
        while (output.shown < (command.limit ?? Number.POSITIVE_INFINITY) && reader.nextOffset < until && reader.next() && reader.cursor.offset < until) {
          output.add(partition, reader.cursor);
          if (!output.isFull) continue;
          await output.flush();
          signal.throwIfAborted();
        }
      } finally {
        // What was read before a damaged place is shown before its error.
        await output.flush();
        reader.close();
      }
    }
    output.end();
    return EXIT.finished;
  });
}

/** The partitions that a command means. */
export function partitionsOf(log: EventLog, { partitions }: Pick<ReadLog, 'partitions'>): readonly number[] {
  return partitions.length > 0 ? partitions : Array.from({ length: log.settings.partitions }, (_, partition) => partition);
}
