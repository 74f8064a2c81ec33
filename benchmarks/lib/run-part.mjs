import { fileURLToPath } from 'node:url';
import { inFreshProcess } from './fresh-process.mjs';
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
    const { lines: found, cpuSeconds } = await inFreshProcess(CHILD, [url, name], name, nodeFlags);
    const foreignLoad = watch.foreignLoad(cpuSeconds);
    lines.push(...found.map((line) => ({ part: title, ...line, foreignLoad })));
  }
  return lines;
}
