import { EVENT_LOG_ERRORS, type EventLog, type PartitionWriter } from '@millrace/event-log';

const FIRST_WAIT_MS = 5;
const LONGEST_WAIT_MS = 100;
const PARTITION_IN_USE = EVENT_LOG_ERRORS.find(({ code }) => code === 'MR-4104')!;

/** The writer of a partition; another one is waited for, so long. */
export async function openWriter(log: EventLog, partition: number, waitMs: number): Promise<PartitionWriter> {
  const until = performance.now() + waitMs;
  for (let pause = FIRST_WAIT_MS; ; pause = Math.min(LONGEST_WAIT_MS, pause * 2)) {
    try {
      return log.writer(partition);
    } catch (error) {
      if (!PARTITION_IN_USE.is(error) || performance.now() + pause > until) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
