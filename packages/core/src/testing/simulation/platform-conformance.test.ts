import { afterAll, describe, expect, it } from 'vitest';
import { concatBytes, decodeUtf8, encodeUtf8, toHex } from '../../base/bytes.js';
import {
  CompressedDataDamaged, CompressedDataTooLarge, ConnectionFailed, FileExists, FileNotFound, ListenFailed, MessageNotCloneable, PathUnusable, SealBroken, WrongFileKind,
} from '../../base/platform-errors.js';
import type { Platform } from '../../base/platform.js';
import type { SocketAddress } from '../../base/platform-sockets.js';
import { nodePlatform } from '../../platform/node/node-platform.js';
import { SimulatedPlatform } from './simulated-platform.js';

interface Subject {
  readonly name: string;
  readonly platform: Platform;
  until(condition: () => boolean): Promise<void>;
}

const simulated = new SimulatedPlatform({ seed: 7, maxLatencyMs: 3, shuffle: true });

const SUBJECTS: readonly Subject[] = [
  {
    name: 'node',
    platform: nodePlatform(),
    async until(condition) {
      const limit = performance.now() + 5000;
      while (!condition()) {
        if (performance.now() > limit) throw new Error('the condition did not hold in time');
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  },
  { name: 'simulated', platform: simulated, until: (condition) => simulated.run(condition) },
];

describe.each(SUBJECTS)('platform conformance: $name', ({ platform, until }) => {
  const { files } = platform;
  const root = files.makeTemporaryDirectory('millrace-conformance-');
  afterAll(() => files.removeTree(root));

  it('reads and writes at positions and appends at the end', () => {
    const path = `${root}/positions`;
    const writer = files.open(path, 'createNew');
    writer.write(encodeUtf8('hello'));
    writer.write(encodeUtf8(' world'));
    writer.write(encodeUtf8('J'), 0);
    writer.sync();
    expect(writer.size()).toBe(11);
    writer.close();
    writer.close();
    const appender = files.open(path, 'append');
    appender.write(encodeUtf8('!'));
    appender.close();
    const reader = files.open(path, 'read');
    const into = new Uint8Array(4);
    expect(reader.read(into, 8)).toBe(4);
    expect(decodeUtf8(into)).toBe('rld!');
    expect(reader.read(into, 11)).toBe(1);
    expect(reader.read(into, 12)).toBe(0);
    expect(reader.read(new Uint8Array(0), 0)).toBe(0);
    reader.close();
    const editor = files.open(path, 'readWrite');
    editor.truncate(2);
    editor.truncate(4);
    editor.close();
    expect([...files.readFile(path)]).toEqual([74, 101, 0, 0]);
    files.open(path, 'write').close();
    expect(files.stat(path).size).toBe(0);
  });

  it('tells each failure by its code, with the path', () => {
    files.writeFile(`${root}/plain`, 'x');
    files.makeDirectory(`${root}/folder/inside`);
    const failures: [() => unknown, { is(error: unknown): boolean }][] = [
      [() => files.open(`${root}/none`, 'read'), FileNotFound],
      [() => files.open(`${root}/none`, 'readWrite'), FileNotFound],
      [() => files.open(`${root}/none/deeper`, 'write'), FileNotFound],
      [() => files.stat(`${root}/none`), FileNotFound],
      [() => files.readFile(`${root}/none`), FileNotFound],
      [() => files.unlink(`${root}/none`), FileNotFound],
      [() => files.rename(`${root}/none`, `${root}/b`), FileNotFound],
      [() => files.realpath(`${root}/none`), FileNotFound],
      [() => files.readDirectory(`${root}/none`), FileNotFound],
      [() => files.watch(`${root}/none`, () => undefined), FileNotFound],
      [() => files.open(`${root}/plain`, 'createNew'), FileExists],
      [() => files.writeFile(`${root}/plain`, 'y', { createNew: true }), FileExists],
      [() => files.link(`${root}/folder/../plain`, `${root}/plain`), FileExists],
      [() => files.makeDirectory(`${root}/plain`), FileExists],
      [() => files.open(`${root}/folder`, 'read'), WrongFileKind],
      [() => files.open(`${root}/folder`, 'write'), WrongFileKind],
      [() => files.open(`${root}/plain/deeper`, 'read'), WrongFileKind],
      [() => files.readDirectory(`${root}/plain`), WrongFileKind],
      [() => files.rename(`${root}/plain`, `${root}/folder`), WrongFileKind],
      [() => files.open(`${root}/a\0b`, 'read'), PathUnusable],
    ];
    for (const [operation, kind] of failures) {
      let error: unknown;
      try {
        operation();
      } catch (thrown) {
        error = thrown;
      }
      expect(kind.is(error), `${String(operation)} gave ${String(error)}`).toBe(true);
    }
    expect(() => files.readFile(`${root}/none`)).toThrow(`${root}/none`);
    expect(files.exists(`${root}/none`)).toBe(false);
    expect(files.exists(`${root}/plain/deeper`)).toBe(false);
  });

  it('renames over, links, lists in order and removes trees', () => {
    const folder = `${root}/tree`;
    files.makeDirectory(`${folder}/b/c`, { permissions: 0o700 });
    files.makeDirectory(folder);
    files.writeFile(`${folder}/new`, 'new', { sync: true, permissions: 0o600 });
    expect(files.stat(`${folder}/new`).permissions).toBe(0o600);
    files.writeFile(`${folder}/old`, 'old');
    const { inode } = files.stat(`${folder}/new`);
    files.rename(`${folder}/new`, `${folder}/old`);
    files.syncDirectory(folder);
    expect(files.stat(`${folder}/old`).inode).toBe(inode);
    files.link(`${folder}/old`, `${folder}/a`);
    files.unlink(`${folder}/old`);
    expect(decodeUtf8(files.readFile(`${folder}/a`))).toBe('new');
    files.setPermissions(`${folder}/a`, 0o640);
    expect(files.stat(`${folder}/a`).permissions).toBe(0o640);
    expect(files.readDirectory(folder).map(({ name, isDirectory }) => [name, isDirectory])).toEqual([['a', false], ['b', true]]);
    expect(files.realpath(`${folder}/b/../a`)).toBe(`${folder}/a`);
    files.removeTree(folder);
    files.removeTree(folder);
    expect(files.exists(folder)).toBe(false);
  });

  it('keeps an open file readable after its name is gone', () => {
    files.writeFile(`${root}/gone`, 'still');
    const reader = files.open(`${root}/gone`, 'read');
    files.unlink(`${root}/gone`);
    const into = new Uint8Array(10);
    expect(reader.read(into, 0)).toBe(5);
    reader.close();
  });

  it('hints that a watched directory changed', async () => {
    let hints = 0;
    const watch = files.watch(root, () => hints++);
    files.writeFile(`${root}/watched`, 'x');
    await until(() => hints > 0);
    watch.close();
  });

  it('runs timers in order of their time, never inside the call, and not when cancelled', async () => {
    const order: string[] = [];
    const start = platform.clock.monotonicMs();
    let elapsed = 0;
    platform.timers.setTimer(20, () => {
      elapsed = platform.clock.monotonicMs() - start;
      order.push('late');
    });
    platform.timers.setTimer(-5, () => order.push('at once'));
    platform.timers.setTimer(5, () => order.push('never')).cancel();
    const far = platform.timers.setTimer(2 ** 31 + 5, () => order.push('in 25 days'));
    const never = platform.timers.setTimer(Infinity, () => order.push('never'));
    platform.timers.immediate(() => order.push('immediate'));
    expect(order).toEqual([]);
    await until(() => order.includes('late'));
    expect([...order].sort()).toEqual(['at once', 'immediate', 'late']);
    expect(order.at(-1)).toBe('late');
    expect(elapsed).toBeGreaterThanOrEqual(20);
    far.cancel();
    far.cancel();
    never.cancel();
    expect(Number.isInteger(platform.clock.now())).toBe(true);
  });

  it('gives random numbers, bytes and version 4 UUIDs', () => {
    const numbers = Array.from({ length: 2000 }, () => platform.random.nextUint32());
    expect(new Set(numbers).size).toBeGreaterThan(1990);
    expect(Math.max(...numbers)).toBeGreaterThan(2 ** 31);
    expect(numbers.every((number) => Number.isInteger(number) && number >= 0 && number < 2 ** 32)).toBe(true);
    expect(platform.random.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const bytes = new Uint8Array(64);
    platform.random.fill(bytes);
    expect(new Set(bytes).size).toBeGreaterThan(20);
  });

  it('digests, packs and seals', () => {
    const { digests } = platform;
    expect(toHex(digests.sha256().update(encodeUtf8('a')).update(encodeUtf8('bc')).digest())).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    // As `openssl mac -cipher AES-128-GCM` says: the key, the nonce and with them every tag belong to the format of checkpoints.
    expect(toHex(digests.gmac().update(encodeUtf8('a')).update(encodeUtf8('bc')).digest())).toBe('1dff17b8da80e17c4c0efd4457134fb1');
    expect(toHex(digests.gmac().update(new Uint8Array(0)).digest())).toBe(toHex(digests.gmac().digest()));
    const text = encodeUtf8('order '.repeat(1000));
    expect(digests.crc32(encodeUtf8('6789'), digests.crc32(encodeUtf8('12345'), 0))).toBe(0xcbf43926);
    const packed = digests.gzip(text, 9);
    expect(packed.length).toBeLessThan(200);
    expect(digests.gunzip(packed, 6000)).toEqual(text);
    expect(() => digests.gunzip(packed, 5999)).toThrow(expect.toSatisfy(CompressedDataTooLarge.is));
    expect(() => digests.gunzip(packed.subarray(0, 20), 6000)).toThrow(expect.toSatisfy(CompressedDataDamaged.is));
    const stream = digests.gunzipStream();
    stream.feed(packed);
    stream.end();
    expect(concatBytes([stream.read(), stream.read()])).toEqual(text);
    const sealing = { key: new Uint8Array(32).fill(1), nonce: new Uint8Array(12).fill(2), associatedData: encodeUtf8('file-1') };
    const sealed = digests.seal(text, sealing);
    expect(sealed.length).toBe(text.length + 16);
    expect(digests.open(sealed, sealing)).toEqual(text);
    sealed[100]! ^= 1;
    for (const broken of [() => digests.open(sealed, sealing), () => digests.open(new Uint8Array(3), sealing), () => digests.open(digests.seal(text, sealing), { ...sealing, associatedData: encodeUtf8('file-2') })]) {
      expect(broken).toThrow(expect.toSatisfy(SealBroken.is));
    }
  });

  it('sends messages in order, as copies, with transferred buffers detached and memory shared', async () => {
    const [left, right] = platform.threads.createChannel();
    const got: unknown[] = [];
    const sent = { list: [1, 2] };
    const buffer = new Uint8Array([1, 2, 3]).buffer;
    left.postMessage(sent);
    left.postMessage(buffer, { buffers: [buffer] });
    expect(buffer.byteLength).toBe(0);
    const shared = new SharedArrayBuffer(4);
    left.postMessage(new Int32Array(shared));
    expect(() => left.postMessage(() => 1)).toThrow(expect.toSatisfy(MessageNotCloneable.is));
    right.onMessage((message) => got.push(message));
    expect(got).toEqual([]);
    await until(() => got.length === 3);
    expect(got[0]).toEqual(sent);
    expect(got[0]).not.toBe(sent);
    expect(new Uint8Array(got[1] as ArrayBuffer)).toEqual(new Uint8Array([1, 2, 3]));
    (got[2] as Int32Array)[0] = 42;
    expect(new Int32Array(shared)[0]).toBe(42);
    let closed = 0;
    right.onClose(() => closed++);
    left.postMessage('last');
    left.close();
    left.close();
    await until(() => closed === 1);
    expect(got.at(-1)).toBe('last');
  });

  it('transfers ports beside a message', async () => {
    const [left, right] = platform.threads.createChannel();
    const [near, far] = platform.threads.createChannel();
    const got: unknown[] = [];
    right.onMessage((message, ports) => {
      got.push(message);
      ports[0]?.postMessage('through the port');
    });
    near.onMessage((message) => got.push(message));
    left.postMessage('take this', { ports: [far] });
    await until(() => got.length === 2);
    expect(got).toEqual(['take this', 'through the port']);
    left.close();
    near.close();
  });

  it.each([['tcp'], ['unix']])('carries bytes over %s with back pressure and an end on both sides', async (kind) => {
    const asked: SocketAddress = kind === 'tcp' ? { kind: 'tcp', host: '127.0.0.1', port: 0 } : { kind: 'unix', path: `${root}/socket` };
    let received = 0;
    let ended = false;
    let serverClosed = 0;
    let drained = false;
    const events: string[] = [];
    const listener = await platform.sockets.listen(asked, {
      maxConnections: 1,
      onConnection: (socket) => {
        socket.pause();
        platform.timers.setTimer(30, () => socket.resume());
        return {
          onData: (bytes) => (received += bytes.length),
          onEnd: () => {
            ended = true;
            socket.write(encodeUtf8(`got ${received}`));
            socket.end();
          },
          onClose: () => serverClosed++,
        };
      },
    });
    let answer = '';
    const block = new Uint8Array(262_144);
    const socket = platform.sockets.connect(listener.address, {
      onOpen: () => {
        events.push('open');
        let count = 0;
        let full = false;
        while (count++ < 64 && !full) full = !socket.write(block);
        events.push(full ? 'full' : 'not full');
      },
      onDrain: () => {
        if (drained) return;
        drained = true;
        socket.end();
      },
      onData: (bytes) => (answer += decodeUtf8(bytes)),
      onClose: (error) => events.push(error === undefined ? 'closed' : String(error)),
    });
    await until(() => events.length === 3);
    expect(events).toEqual(['open', 'full', 'closed']);
    expect(ended && received > 0).toBe(true);
    expect(answer).toBe(`got ${received}`);
    await until(() => serverClosed === 1);
    await expect(platform.sockets.listen(listener.address, { maxConnections: 1, onConnection: () => ({ onData: () => undefined, onClose: () => undefined }) })).rejects.toSatisfy(ListenFailed.is);
    await listener.close();
    let refused: Error | undefined;
    platform.sockets.connect(listener.address, { onData: () => undefined, onClose: (error) => (refused = error) });
    await until(() => refused !== undefined);
    expect(ConnectionFailed.is(refused)).toBe(true);
  });

  it('writes to the standard streams and tells when it is done', async () => {
    let done = 0;
    platform.streams.stderr.write('', () => done++);
    await Promise.all([platform.streams.stderr.flush(), until(() => done === 1)]);
    expect(platform.streams.stdout.columns).toBeGreaterThan(0);
    expect(typeof platform.streams.stdout.isTerminal).toBe('boolean');
  });

  it('knows the process and the machine', () => {
    const { process, machine } = platform;
    expect(process.isAlive(process.pid)).toBe(true);
    expect([process.isAlive(0), process.isAlive(-1), process.isAlive(2 ** 22 + 1)]).toEqual([false, false, false]);
    expect(process.environment('MILLRACE_NOT_SET')).toBeUndefined();
    expect(process.environment('constructor')).toBeUndefined();
    expect(process.environmentNames()).toEqual([...process.environmentNames()].sort());
    expect(process.cwd().startsWith('/')).toBe(true);
    expect(process.memoryUsage().residentBytes).toBeGreaterThan(0);
    expect(process.cpuUsage().userMs).toBeGreaterThanOrEqual(0);
    expect(machine.cores().length).toBeGreaterThan(0);
    expect(machine.loadAverage()).toHaveLength(3);
    expect(machine.freeMemoryBytes()).toBeLessThanOrEqual(machine.totalMemoryBytes());
    expect(machine.diskSpace(root).availableBytes).toBeLessThanOrEqual(machine.diskSpace(root).totalBytes);
    expect(() => machine.diskSpace(`${root}/none`)).toThrow(expect.toSatisfy(FileNotFound.is));
    expect(machine.hostName().length * machine.uptimeSeconds()).toBeGreaterThan(0);
  });
});
