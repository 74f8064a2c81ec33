import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { run } from '../lib/run.mjs';
import { kafkaUnavailable, ownKafka } from './for-tests.mjs';
import { freePorts, isAlive } from './processes.mjs';

const unavailable = await kafkaUnavailable();
const command = (...words) => run(process.execPath, ['tools/services/services.mjs', ...words]);

describe('npm run services', () => {
  it('says how it is used, and what it does not know', async () => {
    expect(await command()).toMatchObject({ code: 2, stderr: expect.stringContaining('usage: npm run services') });
    expect(await command('up', 'kafak')).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no service "kafak"') });
    expect(await command('status', '--nonsense')).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no option --nonsense') });
    expect(await command('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('usage: npm run services'), stderr: '' });
  });

  it('finds ports that are free, all different', async () => {
    expect(new Set(await freePorts(5)).size).toBe(5);
  });
});

describe.skipIf(unavailable !== undefined)('a Kafka of a test of its own', () => {
  it('starts, is killed, starts again with its data, and is gone with its folder', async () => {
    const server = await ownKafka();
    const { pid, bootstrap, folder } = server;
    expect(isAlive(pid)).toBe(true);
    await server.kill();
    expect(isAlive(pid)).toBe(false);
    expect(server.pid).toBeUndefined();
    await server.start();
    expect(server.bootstrap).toBe(bootstrap);
    expect(server.pid).not.toBe(pid);
    await server.remove();
    expect(existsSync(folder)).toBe(false);
  }, 120_000);
});
