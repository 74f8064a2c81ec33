import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MachineWatch } from './machine.mjs';

const CHILD = fileURLToPath(new URL('./child.mjs', import.meta.url));

/**
 * @typedef {object} Part
 * @property {string} title
 * @property {readonly string[]} cases  each runs in a fresh process
 * @property {readonly string[]} [nodeFlags]
 * @property {() => number} [otherCpuSeconds]  processor time of processes that it started, so that it does not count as foreign
 * @property {(name: string, options: { smoke: boolean }) => Promise<object[]>} run  gives the lines of one case
 */

/** Runs the cases of a part (or those of them that are wanted), one fresh process after the other, and gives their lines with the foreign load of each. */
export async function runPart(url, { title, cases, nodeFlags = [] }, wanted = cases) {
  const lines = [];
  for (const name of wanted) {
    process.stderr.write(`  ${title}: ${name} …\n`);
    const watch = new MachineWatch();
    const { lines: found, cpuSeconds } = await inFreshProcess(url, name, nodeFlags);
    const foreignLoad = watch.foreignLoad(cpuSeconds);
    lines.push(...found.map((line) => ({ part: title, ...line, foreignLoad })));
  }
  return lines;
}

function inFreshProcess(url, name, nodeFlags) {
  return new Promise((resolve, reject) => {
    const child = fork(CHILD, [url, name], { execArgv: [...nodeFlags], stdio: ['ignore', 2, 2, 'ipc'] });
    let result;
    child.on('message', (message) => (result = message));
    child.on('error', reject);
    child.on('exit', (code) => (result === undefined ? reject(new Error(`the process of "${name}" ended with ${code} and no result`)) : resolve(result)));
  });
}
