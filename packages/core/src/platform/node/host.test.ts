import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { nodePlatform } from './node-platform.js';

describe('whether a process is alive', () => {
  const { process: self } = nodePlatform();

  it('knows itself, and that there is no process 0 or -1', () => {
    expect([self.isAlive(self.pid), self.isAlive(0), self.isAlive(-1)]).toEqual([true, false, false]);
  });

  it('takes a killed process for dead even while its parent has not looked yet', async () => {
    // The shell starts a child, tells its number, and never waits for it: once killed, the child stays behind as a zombie.
    const shell = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = (await once(shell.stdout, 'data')) as [Buffer];
    const child = Number(String(line).trim());
    expect(self.isAlive(child)).toBe(true);
    process.kill(child, 'SIGKILL');
    await expect.poll(() => self.isAlive(child)).toBe(false);
    shell.kill('SIGKILL');
  });
});
