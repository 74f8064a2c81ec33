import { setTimeout as wait } from 'node:timers/promises';
import { askJob, nodePlatform } from '@millrace/core/command';
import { describeText } from './describe-text.js';
import { isCoded } from './error-text.js';
import { findJob } from './find-job.js';
import { interruptible } from './interruptible.js';
import type { JobView } from './job-view.js';
import { explainSilence } from './silence.js';
import type { Terminal } from './terminal.js';

/** What `millrace describe` was given. */
export interface DescribeCommand {
  readonly job: string | undefined;
  readonly json: boolean;
  /** Again and again, until the job ends. */
  readonly watch: boolean;
  readonly timeoutMs: number;
}

const WATCH_MS = 1000;
const CLEAR_SCREEN = '\u001b[2J\u001b[H';

/** Shows what a running job is doing, and why it may be silent. */
export async function describeCommand({ job: word, json, watch, timeoutMs }: DescribeCommand, terminal: Terminal): Promise<number> {
  const job = findJob(word);
  const show = async (signal: AbortSignal): Promise<void> => {
    const view = (await askJob(nodePlatform(), job.socket, 'describe', {}, { timeoutMs, signal })) as JobView;
    if (json) terminal.out(`${JSON.stringify({ ...view, silence: explainSilence(view) })}\n`);
    else terminal.out(`${watch && process.stdout.isTTY ? CLEAR_SCREEN : ''}${describeText(view)}${watch && !process.stdout.isTTY ? '\n' : ''}`);
  };
  return interruptible(terminal, '', async (signal) => {
    await show(signal);
    if (!watch) return 0;
    for (let ended = false; !ended;) {
      await wait(WATCH_MS, undefined, { signal });
      ended = await show(signal).then(() => false, (error: unknown) => {
        // It was there a second ago: its end is what one watches for.
        if (isCoded(error) && ['MR-2354', 'MR-2355'].includes(error.code)) return true;
        throw error;
      });
      if (ended) terminal.note(`${job.name} has ended`);
    }
    return 0;
  });
}
