import { type FileWatch, nodePlatform, WakeUp } from '@millrace/core/spi';
import type { EventLog, LogPosition } from '@millrace/event-log';
import { EXIT } from '../exit-codes.js';
import { interruptible } from '../interruptible.js';
import type { Terminal } from '../terminal.js';
import type { ReadLog } from './commands.js';
import { partitionsOf } from './read.js';
import { RecordOutput } from './record-output.js';

/** How often the partitions are looked at, should the system not tell that one was written to. */
const LOOK_MS = 100;
/** Records of one partition that are shown before it is the turn of the next. */
const PER_TURN = 1000;

/** Shows records as they are appended, until it is interrupted, nobody reads, or as many were shown as were asked for. */
export async function tail(log: EventLog, command: ReadLog, terminal: Terminal): Promise<number> {
  const output = new RecordOutput(command.output, terminal);
  const wakeUp = new WakeUp();
  const partitions = partitionsOf(log, command);
  const watches = partitions.flatMap((partition) => watched(log.folderOf(partition), () => wakeUp.wake()));
  const readers = partitions.map((partition) => ({ partition, reader: log.reader(partition, beginning(log, partition, command)) }));
  const limit = command.limit ?? Number.POSITIVE_INFINITY;
  return interruptible(terminal, '', async (signal) => {
    signal.addEventListener('abort', () => wakeUp.wake());
    try {
      while (output.shown < limit) {
        signal.throwIfAborted();
        wakeUp.clear();
        const before = output.shown;
        for (const { partition, reader } of readers) {
          for (let turn = 0; turn < PER_TURN && output.shown < limit && reader.next(); turn++) output.add(partition, reader.cursor);
          if (output.isFull) await output.flush();
        }
        await output.flush();
        if (output.shown === before) await somethingNew(wakeUp);
      }
      return EXIT.finished;
    } finally {
      await output.flush();
      for (const { reader } of readers) reader.close();
      for (const watch of watches) watch.close();
    }
  });
}

function beginning(log: EventLog, partition: number, { from, last }: ReadLog): LogPosition {
  if (last === undefined) return from;
  return { offset: Math.max(log.earliestOffset(partition), log.endOffset(partition) - last) };
}

/** A system has only so many watches; without one the partition is looked at by the clock. */
function watched(folder: string, callback: () => void): readonly FileWatch[] {
  try {
    return [nodePlatform().files.watch(folder, callback)];
  } catch {
    return [];
  }
}

async function somethingNew(wakeUp: WakeUp): Promise<void> {
  const timer = setTimeout(() => wakeUp.wake(), LOOK_MS);
  await wakeUp.wait();
  clearTimeout(timer);
}
