import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { withTemporaryFolder } from '../lib/temporary-folder.mjs';
import { memoryOf } from './process-memory.mjs';

const COMMAND = fileURLToPath(new URL('../../packages/millrace/bin/millrace.js', import.meta.url));
const JOB = fileURLToPath(new URL('./idle-job.mjs', import.meta.url));
const SETTLED_MS = 15_000;
const GOAL_MB = 90;
const FLOOR_MB = 150;

/** Resident memory of a whole `millrace run` whose job has no input, with checkpoints; and of a process of Node that does nothing. */
export const part = {
  title: 'idle-memory',
  cases: ['node', 'millrace run'],
  async run(name, { smoke }) {
    if (smoke) return [{ what: name }];
    const { residentMb, ownMb, highestMb, threads } = await withTemporaryFolder((folder) => memoryWhenSettled(name === 'node' ? ['-e', 'setInterval(() => {}, 1000)'] : [COMMAND, 'run', JOB, '--checkpoint-dir', folder, '--checkpoint-interval', '10s']));
    const detail = `its own ${ownMb.toFixed(0)} MB, the rest mapped from files; at its highest ${highestMb.toFixed(0)} MB; ${threads} threads`;
    if (name === 'node') return [{ what: 'a process of Node that does nothing', value: residentMb, unit: 'MB', detail }];
    return [{ what: `${name} without input`, value: residentMb, unit: 'MB', goal: `≤ ${FLOOR_MB} MB, goal ${GOAL_MB} MB`, holds: residentMb <= FLOOR_MB, detail }];
  },
};

async function memoryWhenSettled(args) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise((resolve) => child.on('close', resolve));
  try {
    await sleep(SETTLED_MS);
    if (child.exitCode !== null) throw new Error(`the process ended with ${child.exitCode}`);
    return memoryOf(child.pid);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}
