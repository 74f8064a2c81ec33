import { readFileSync, statfsSync } from 'node:fs';
import * as os from 'node:os';
import type { DiskSpace, MachineInfo, ProcessInfo } from '../../base/platform-host.js';
import { fileError, systemCode } from './file-errors.js';

/** The process this runs in. */
export const nodeProcess: ProcessInfo = Object.freeze({
  pid: process.pid,
  userId: process.getuid?.(),
  runtimeVersion: process.version,
  operatingSystem: process.platform,
  architecture: process.arch,
  cwd: () => process.cwd(),
  // The environment is an object with a prototype: `constructor` is not a variable.
  environment: (name: string) => (Object.hasOwn(process.env, name) ? process.env[name] : undefined),
  environmentNames: () => Object.keys(process.env).sort(),
  memoryUsage: () => {
    const usage = process.memoryUsage();
    return { residentBytes: usage.rss, heapUsedBytes: usage.heapUsed, heapTotalBytes: usage.heapTotal, externalBytes: usage.external };
  },
  cpuUsage: () => {
    const usage = process.cpuUsage();
    return { userMs: usage.user / 1000, systemMs: usage.system / 1000 };
  },
  isAlive,
});

/** The machine this runs on. */
export const nodeMachine: MachineInfo = Object.freeze({
  hostName: () => os.hostname(),
  uptimeSeconds: () => os.uptime(),
  cores: () =>
    os.cpus().map(({ times }) => ({ userMs: times.user, niceMs: times.nice, systemMs: times.sys, idleMs: times.idle, interruptMs: times.irq })),
  loadAverage: () => os.loadavg() as [number, number, number],
  totalMemoryBytes: () => os.totalmem(),
  freeMemoryBytes: () => os.freemem(),
  diskSpace,
});

function isAlive(pid: number): boolean {
  // 0 and negative numbers mean groups of processes.
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
  return !isZombie(pid);
}

/** A killed process whose parent has not looked yet still has its number on Linux, but it does nothing any more. */
function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

function diskSpace(path: string): DiskSpace {
  try {
    const space = statfsSync(path);
    return { totalBytes: space.blocks * space.bsize, freeBytes: space.bfree * space.bsize, availableBytes: space.bavail * space.bsize };
  } catch (error) {
    throw fileError(error, 'asking for the disk space of', path);
  }
}
