import { chmodSync, symlinkSync } from 'node:fs';
import { Writable } from 'node:stream';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { DiskFull, ConnectionTimedOut, FileAccessDenied, FileInputOutputFailed, FileNotFound, FileSystemReadOnly, FileTooLarge, ListenFailed, OutputClosed, PathUnusable, ThreadOutOfMemory, TooManyOpenFiles } from '../../base/platform-errors.js';
import type { ThreadExit } from '../../base/platform-threads.js';
import { fileUrlOfPath } from '../../base/paths.js';
import { nodeTimers } from './clock-and-timers.js';
import { fileError } from './file-errors.js';
import { nodePlatform } from './node-platform.js';
import { NodeOutputStream } from './streams.js';

const platform = nodePlatform();
const { files } = platform;
const root = files.makeTemporaryDirectory('millrace-node-');
afterAll(() => files.removeTree(root));

describe('timers of Node', () => {
  it('R28 waits for a delay above 2^31-1 ms in pieces', () => {
    vi.useFakeTimers();
    try {
      let fired = 0;
      nodeTimers.setTimer(2 ** 31 + 1000, () => fired++, { keepsAlive: false });
      vi.advanceTimersByTime(2 ** 31);
      expect(fired).toBe(0);
      vi.advanceTimersByTime(1001);
      expect(fired).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('files of Node', () => {
  it('map what the system says', () => {
    const kinds = [['EACCES', FileAccessDenied], ['EPERM', FileAccessDenied], ['ENOSPC', DiskFull], ['EDQUOT', DiskFull], ['EROFS', FileSystemReadOnly], ['EMFILE', TooManyOpenFiles], ['EXDEV', PathUnusable], ['EIO', FileInputOutputFailed], ['ERR_FS_FILE_TOO_LARGE', FileTooLarge]] as const;
    for (const [code, kind] of kinds) expect(kind.is(fileError(Object.assign(new Error(code), { code }), 'reading', '/x')), code).toBe(true);
    expect(fileError('odd', 'reading', '/x').message).toContain('odd');
  });

  it('refuse circles of links, long names and a file too large to read whole', () => {
    symlinkSync(`${root}/circle`, `${root}/circle`);
    expect(() => files.realpath(`${root}/circle`)).toThrow(expect.toSatisfy(PathUnusable.is));
    expect(() => files.open(`${root}/${'n'.repeat(300)}`, 'write')).toThrow(expect.toSatisfy(PathUnusable.is));
    const large = files.open(`${root}/large`, 'createNew');
    large.truncate(2 ** 31 + 1);
    large.close();
    expect(() => files.readFile(`${root}/large`)).toThrow(expect.toSatisfy(FileTooLarge.is));
  });

  it.skipIf(process.getuid?.() === 0)('tell a forbidden file', () => {
    files.writeFile(`${root}/forbidden`, 'x');
    chmodSync(`${root}/forbidden`, 0);
    expect(() => files.readFile(`${root}/forbidden`)).toThrow(expect.toSatisfy(FileAccessDenied.is));
  });

  it.runIf(process.platform === 'linux')('refuse directories where none can be made, and do not try for ever', () => {
    // Each entry under /proc is refused with ENOENT, though /proc exists.
    for (const path of ['/proc/millrace', '/proc/millrace/inside']) expect(() => files.makeDirectory(path)).toThrow(expect.toSatisfy(FileNotFound.is));
  });

  it('use a closed file only against our own invariant', () => {
    const file = files.open(`${root}/closed`, 'write');
    file.close();
    expect(() => file.size()).toThrow(/is used while open/);
  });
});

describe('threads of Node', () => {
  const entry = (name: string, code: string): string => {
    files.writeFile(`${root}/${name}.mjs`, code);
    return fileUrlOfPath(`${root}/${name}.mjs`);
  };

  it('start a module with data and a port to the parent, and tell how it ended', async () => {
    const url = entry('echo', `import { workerData } from 'node:worker_threads';
      workerData.parent.on('message', ([message, port]) => {
        if (message === 'stop') return workerData.parent.close();
        (port ?? workerData.parent).postMessage([[workerData.name, workerData.data, message]]);
        port?.close();
      });`);
    const thread = platform.threads.spawn(url, { name: 'echo', data: { n: 1 }, limits: { maxYoungGenerationSizeMb: 32, maxOldGenerationSizeMb: 128, stackSizeMb: 4 } });
    const answer = new Promise((resolve) => thread.port.onMessage(resolve));
    thread.port.postMessage('hi');
    expect(await answer).toEqual(['echo', { n: 1 }, 'hi']);
    const [near, far] = platform.threads.createChannel();
    const direct = new Promise((resolve) => near.onMessage(resolve));
    thread.port.postMessage('by port', { ports: [far] });
    expect(await direct).toEqual(['echo', { n: 1 }, 'by port']);
    thread.port.setKeepsAlive(false);
    thread.port.setKeepsAlive(true);
    thread.port.postMessage('stop');
    const exit = await new Promise<ThreadExit>((resolve) => thread.onExit(resolve));
    expect(exit).toEqual({ code: 0, error: undefined });
    expect((await new Promise<ThreadExit>((resolve) => thread.onExit(resolve))).code).toBe(0);
    expect(platform.threads.currentThread).toBeUndefined();
  });

  it('tell an uncaught error, a missing module, too little memory, and stop an endless loop', async () => {
    const ended = (url: string, limits = {}): Promise<ThreadExit> => new Promise((resolve) => platform.threads.spawn(url, { name: 'worker', limits }).onExit(resolve));
    expect((await ended(entry('throws', 'throw new TypeError("broken")'))).error).toBeInstanceOf(TypeError);
    expect((await ended(`${fileUrlOfPath(root)}/none.mjs`)).code).toBe(1);
    const memory = await ended(entry('memory', 'const all = []; for (;;) all.push(new Array(1000).fill(all.length));'), { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 });
    expect(ThreadOutOfMemory.is(memory.error)).toBe(true);
    const endless = platform.threads.spawn(entry('endless', 'for (;;);'), { name: 'endless' });
    const exit = new Promise<ThreadExit>((resolve) => endless.onExit(resolve));
    await endless.terminate();
    expect((await exit).code).toBe(1);
  });
});

describe('sockets and streams of Node', () => {
  it('refuse a path too long for a unix socket and an address of another machine', async () => {
    const options = { maxConnections: 1, onConnection: () => ({ onData: () => undefined, onClose: () => undefined }) };
    await expect(platform.sockets.listen({ kind: 'unix', path: `${root}/${'p'.repeat(120)}` }, options)).rejects.toThrow(expect.toSatisfy(ListenFailed.is));
    await expect(platform.sockets.listen({ kind: 'tcp', host: '192.0.2.1', port: 0 }, options)).rejects.toThrow(expect.toSatisfy(ListenFailed.is));
  });

  it('give up connecting after the time allowed', async () => {
    const error = await new Promise((resolve) => {
      platform.sockets.connect({ kind: 'tcp', host: '192.0.2.1', port: 9 }, { onData: () => undefined, onClose: resolve }, { timeoutMs: 1 });
    });
    // A machine without a route says so at once.
    expect(ConnectionTimedOut.is(error) || /MR-2815/.test(String(error))).toBe(true);
  });

  it('tell a closed reader to the callback and to flush, and do not end the process', async () => {
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error('pipe'), { code: 'EPIPE' })) });
    const stream = new NodeOutputStream(broken as unknown as NodeJS.WriteStream, 'standard output');
    const error = await new Promise((resolve) => stream.write('x', resolve));
    expect(OutputClosed.is(error)).toBe(true);
    await expect(stream.flush()).rejects.toThrow(expect.toSatisfy(OutputClosed.is));
    const full = new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error('full'), { code: 'ENOSPC' })) });
    const other = new NodeOutputStream(full as unknown as NodeJS.WriteStream, 'standard output');
    expect(DiskFull.is(await new Promise((resolve) => other.write('x', resolve)))).toBe(true);
    expect([other.columns, other.isTerminal]).toEqual([80, false]);
  });
});

it('imports a module by its URL', async () => {
  files.writeFile(`${root}/module.mjs`, 'export const answer = 42;');
  expect(await platform.importModule(fileUrlOfPath(`${root}/module.mjs`))).toHaveProperty('answer', 42);
});
