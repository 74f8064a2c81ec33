import { readFileSync } from 'node:fs';

/** Megabytes of a process: resident in all, of that its own (not mapped from files such as the runtime itself), and the most there were. Linux only. */
export function memoryOf(pid) {
  const kilobytes = (text, name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? NaN);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return { residentMb: kilobytes(status, 'VmRSS') / 1024, ownMb: kilobytes(status, 'RssAnon') / 1024, highestMb: kilobytes(status, 'VmHWM') / 1024, threads: Number(/^Threads:\s+(\d+)/m.exec(status)?.[1]) };
}
