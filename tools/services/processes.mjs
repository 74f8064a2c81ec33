import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Starts a server that outlives this process, with its output in a file and its id in another. */
export function startDetached(command, args, { cwd, logFile, pidFile, env = {} }) {
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { cwd, detached: true, stdio: ['ignore', log, log], env: { ...process.env, ...env } });
  closeSync(log);
  child.unref();
  writeFileSync(pidFile, `${child.pid}\n`);
  return child.pid;
}

/** The id in a file, while that process lives; undefined otherwise. */
export function livingPid(pidFile) {
  if (!existsSync(pidFile)) return undefined;
  const pid = Number(readFileSync(pidFile, 'utf8'));
  return Number.isInteger(pid) && pid > 1 && isAlive(pid) ? pid : undefined;
}

/** Whether a process lives. One that has ended and was not waited for does not. */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}

/** Ends a process by its id and waits until it is gone; after `graceMs` it is killed. */
export async function endProcess(pidFile, { signal = 'SIGTERM', graceMs = 20_000 } = {}) {
  const pid = livingPid(pidFile);
  if (pid !== undefined) {
    process.kill(pid, signal);
    if (!(await until(() => !isAlive(pid), graceMs))) {
      process.kill(pid, 'SIGKILL');
      await until(() => !isAlive(pid), 10_000);
    }
  }
  rmSync(pidFile, { force: true });
  return pid !== undefined;
}

/** Waits until a condition holds; false when it does not within the time. */
export async function until(condition, timeoutMs, everyMs = 50) {
  const end = performance.now() + timeoutMs;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() >= end) return false;
    await sleep(everyMs);
  }
}

/** So many ports of the loopback that nobody listens on at the moment. */
export async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  })));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
