import { resolve } from 'node:path';
import { askJob, jsonLine, nodePlatform } from '@millrace/core/command';
import { progressLine } from './end-job.js';
import { findJob } from './find-job.js';
import { interruptible } from './interruptible.js';
import { bytes } from './table.js';
import type { Terminal } from './terminal.js';

/** What `millrace savepoint` was given. */
export type SavepointCommand =
  | { readonly kind: 'take'; readonly job: string | undefined; readonly directory: string | undefined; readonly json: boolean; readonly timeoutMs: number }
  | { readonly kind: 'dispose'; readonly path: string; readonly json: boolean };

interface Taken {
  readonly path: string;
  readonly checkpointId: number;
  readonly bytes: number;
}

/** Takes a savepoint of a running job and shows its path, or deletes one. */
export async function savepointCommand(command: SavepointCommand, terminal: Terminal): Promise<number> {
  if (command.kind === 'dispose') return dispose(command.path, command.json, terminal);
  const job = findJob(command.job);
  return interruptible(terminal, `not waited for any longer: ${job.name} may still complete the savepoint`, async (signal) => {
    terminal.note(`taking a savepoint of ${job.name} (id ${job.id}, process ${job.pid})`);
    const wanted = command.directory === undefined ? {} : { directory: resolve(command.directory) };
    const taken = (await askJob(nodePlatform(), job.socket, 'savepoint', wanted, { timeoutMs: command.timeoutMs, signal, onProgress: (news) => terminal.progress(progressLine(news)) })) as Taken;
    terminal.endProgress();
    terminal.out(command.json ? jsonLine({ type: 'savepoint', id: job.id, job: job.name, ...taken }) : `${taken.path}\n`);
    terminal.note(`savepoint ${taken.checkpointId} of ${job.name}: ${bytes(taken.bytes)}`);
    return 0;
  });
}

async function dispose(path: string, json: boolean, terminal: Terminal): Promise<number> {
  const { disposeSavepoint } = await import('@millrace/core/spi');
  const { directory, checkpointId, bytes: size, left } = disposeSavepoint(nodePlatform(), path);
  if (json) terminal.out(jsonLine({ type: 'disposed', path: directory, checkpointId, bytes: size, left }));
  terminal.note(`deleted savepoint ${checkpointId} in ${directory}: ${bytes(size)}${left.length === 0 ? '' : `; left, for they are no part of it: ${left.join(', ')}`}`);
  return 0;
}
