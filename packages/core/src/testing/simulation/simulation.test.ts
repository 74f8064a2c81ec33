import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8 } from '../../base/bytes.js';
import { DiskFull, FileAccessDenied, FileInputOutputFailed, FileNotFound, FileSystemReadOnly, OutputClosed } from '../../base/platform-errors.js';
import { ProcessEnded, SimulationEndless, SimulationFailed, SimulationStuck, ThreadEntryUnknown } from './errors.js';
import { simulate, SimulatedPlatform } from './simulated-platform.js';

/** What a small busy system does, as text: three timers, two channels, random numbers. */
async function trace(seed: number): Promise<string> {
  const platform = new SimulatedPlatform({ seed, shuffle: true, maxLatencyMs: 20 });
  const seen: string[] = [];
  for (let i = 0; i < 5; i++) platform.timers.setTimer(10, () => seen.push(`timer ${i} at ${platform.clock.now()}`));
  for (const name of ['a', 'b', 'c']) {
    const [left, right] = platform.threads.createChannel();
    right.onMessage((message) => seen.push(`${name}${String(message)}`));
    for (let i = 0; i < 3; i++) left.postMessage(i);
  }
  seen.push(platform.random.uuid(), platform.files.makeTemporaryDirectory('x-'));
  await platform.run();
  return seen.join('\n');
}

describe('virtual time', () => {
  it('repeats a run exactly from its seed, and orders it otherwise from another, keeping each channel in order', async () => {
    const first = await trace(1);
    expect(await trace(1)).toBe(first);
    expect(await trace(2)).not.toBe(first);
    for (const name of ['a', 'b', 'c']) expect(first.split('\n').filter((line) => /^[abc]\d$/.test(line) && line[0] === name)).toEqual([`${name}0`, `${name}1`, `${name}2`]);
  });

  it('R28 fires a timer above 2^31-1 ms when it is due and not at once', async () => {
    const platform = new SimulatedPlatform({ seed: 1, startMs: 0 });
    let firedAt = 0;
    platform.timers.setTimer(2 ** 31 + 7, () => (firedAt = platform.clock.now()));
    await platform.advance(2 ** 31);
    expect(firedAt).toBe(0);
    await platform.run();
    expect(firedAt).toBe(2 ** 31 + 7);
  });

  it('drains microtasks, however many, before time moves', async () => {
    const platform = new SimulatedPlatform({ seed: 1 });
    const seen: string[] = [];
    platform.timers.setTimer(1, () => seen.push('timer'));
    const chain = (async () => {
      for (let i = 0; i < 50; i++) await Promise.resolve();
      seen.push('promise');
    })();
    await platform.run();
    await chain;
    expect(seen).toEqual(['promise', 'timer']);
  });

  it('advances to a moment, lets clocks jump and processes sleep', async () => {
    const platform = new SimulatedPlatform({ seed: 1, startMs: 1000, clockTickMs: 0.5 });
    let fired = 0;
    platform.timers.setTimer(100, () => fired++);
    await platform.settle();
    await platform.advance(99);
    expect([fired, platform.clock.now()]).toEqual([0, 1099]);
    platform.time.jumpWallClock(-3_600_000);
    expect(platform.clock.now()).toBe(1099 - 3_600_000);
    expect([platform.clock.monotonicMs(), platform.clock.monotonicMs()]).toEqual([99.5, 100]);
    platform.time.block(8 * 3_600_000);
    expect(platform.time.nextDueMs).toBe(100);
    await platform.run();
    expect(fired).toBe(1);
    platform.timers.setTimer(5, () => fired++);
    platform.advanceNow(4);
    expect(fired).toBe(1);
    platform.advanceNow(1);
    expect(fired).toBe(2);
    const again = (): void => platform.timers.immediate(again);
    again();
    expect(() => platform.advanceNow(0, { maxEvents: 10 })).toThrow(expect.toSatisfy(SimulationEndless.is));
  });

  it('says when nothing is left, when it does not end, and which seed failed', async () => {
    const platform = new SimulatedPlatform({ seed: 99 });
    await expect(platform.run(() => false)).rejects.toThrow(expect.toSatisfy(SimulationStuck.is));
    await expect(platform.run(() => false)).rejects.toThrow(/seed 99/);
    const again = (): void => platform.timers.immediate(again);
    again();
    await expect(platform.run(undefined, { maxEvents: 50 })).rejects.toThrow(expect.toSatisfy(SimulationEndless.is));
    await expect(platform.advance(1, { maxEvents: 50 })).rejects.toThrow(expect.toSatisfy(SimulationEndless.is));
    await simulate([1, 2], () => undefined);
    const failing = simulate([3, 4, 5], (one) => {
      if (one.random.seed === 4) throw new Error('lost a record');
    });
    await expect(failing).rejects.toThrow(/seed 4, at 0 ms: lost a record/);
    await expect(simulate([1], () => Promise.reject(new Error('x')))).rejects.toThrow(expect.toSatisfy(SimulationFailed.is));
    const thrower = new SimulatedPlatform({ seed: 1 });
    thrower.timers.immediate(() => {
      throw new Error('from a callback');
    });
    await expect(thrower.run()).rejects.toThrow('from a callback');
  });
});

describe('the simulated disk', () => {
  it('loses what was not synced and keeps what was', () => {
    const before = new SimulatedPlatform({ seed: 1 });
    before.files.makeDirectory('/d');
    before.files.syncDirectory('/');
    const file = before.files.open('/d/a', 'createNew');
    file.write(encodeUtf8('synced'));
    file.sync();
    before.files.syncDirectory('/d');
    file.write(encodeUtf8(' and not'));
    before.files.writeFile('/d/b', 'name not durable', { sync: true });
    const after = before.crash('lose');
    expect(after.files.readDirectory('/d').map(({ name }) => name)).toEqual(['a']);
    expect(decodeUtf8(after.files.readFile('/d/a'))).toBe('synced');
    expect(() => file.size()).not.toThrow();
    expect(() => file.write(encodeUtf8('zombie'))).toThrow(expect.toSatisfy(FileInputOutputFailed.is));
    expect(before.process.isAlive(before.process.pid)).toBe(false);
  });

  it('keeps everything when only the process dies', () => {
    const before = new SimulatedPlatform({ seed: 1 });
    before.files.writeFile('/tmp/a', 'written');
    expect(decodeUtf8(before.crash('keep').files.readFile('/tmp/a'))).toBe('written');
  });

  it('a file written, synced, renamed and its folder synced is whole or absent whenever the power goes; without the sync it may be torn', () => {
    const content = encodeUtf8('x'.repeat(3000));
    const outcomes = (synced: boolean): Set<string> => {
      const seen = new Set<string>();
      for (let seed = 0; seed < 200; seed++) {
        const platform = new SimulatedPlatform({ seed });
        const { files } = platform;
        const file = files.open('/tmp/part', 'write');
        file.write(content);
        if (synced) file.sync();
        file.close();
        files.rename('/tmp/part', '/tmp/whole');
        if (seed % 2 === 0) files.syncDirectory('/tmp');
        const { files: left } = platform.crash('tear');
        const state = !left.exists('/tmp/whole') ? 'absent' : decodeUtf8(left.readFile('/tmp/whole')) === decodeUtf8(content) ? 'whole' : 'torn';
        seen.add(seed % 2 === 0 ? `durable ${state}` : state);
      }
      return seen;
    };
    expect(outcomes(true)).toEqual(new Set(['durable whole', 'whole', 'absent']));
    expect([...outcomes(false)]).toContain('durable torn');
  });

  it('a torn file consists of old and new pages only', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(4000), fc.nat(4000), (seed, oldSize, newSize) => {
        const platform = new SimulatedPlatform({ seed });
        const path = '/tmp/f';
        platform.files.writeFile(path, new Uint8Array(oldSize).fill(1), { sync: true });
        platform.files.syncDirectory('/tmp');
        const file = platform.files.open(path, 'write');
        file.write(new Uint8Array(newSize).fill(2));
        const left = platform.crash('tear').files.readFile(path);
        expect(left.length).toBeGreaterThanOrEqual(Math.min(oldSize, newSize));
        expect(left.length).toBeLessThanOrEqual(Math.max(oldSize, newSize));
        expect(left.every((byte) => byte <= 2)).toBe(true);
      }),
    );
  });

  it('fails as it is told: full, broken, read-only, forbidden, slow, or at a named operation', () => {
    const platform = new SimulatedPlatform({ seed: 1 });
    const { files } = platform;
    const full = files.faults.inject({ kind: 'diskFull', operations: ['write'], after: 1, times: 1 });
    const file = files.open('/tmp/f', 'write');
    file.write(encodeUtf8('1234'));
    expect(() => file.write(encodeUtf8('5678'))).toThrow(expect.toSatisfy(DiskFull.is));
    expect(decodeUtf8(files.readFile('/tmp/f'))).toBe('123456');
    full.remove();
    full.remove();
    files.faults.inject({ kind: 'readOnly' });
    expect(() => files.makeDirectory('/tmp/x')).toThrow(expect.toSatisfy(FileSystemReadOnly.is));
    files.faults.clear();
    files.faults.inject({ kind: 'inputOutput', operations: ['sync'], path: '/tmp/f' });
    files.faults.inject({ kind: 'accessDenied', path: '/secret' });
    files.faults.inject({ kind: 'slow', operations: ['syncDirectory'], delayMs: 1000 });
    let called = 0;
    files.faults.inject({ kind: 'call', operations: ['rename'], call: () => called++ });
    expect(() => file.sync()).toThrow(expect.toSatisfy(FileInputOutputFailed.is));
    expect(() => files.open('/secret', 'write')).toThrow(expect.toSatisfy(FileAccessDenied.is));
    const start = platform.clock.now();
    files.syncDirectory('/tmp');
    expect(platform.clock.now() - start).toBe(1000);
    files.rename('/tmp/f', '/tmp/g');
    expect([called, files.faults.counts.rename]).toEqual([1, 1]);
    files.capacityBytes = 10;
    expect(() => file.write(new Uint8Array(20))).toThrow(expect.toSatisfy(DiskFull.is));
    files.unlink('/tmp/g');
    files.writeFile('/tmp/h', new Uint8Array(10));
  });
});

describe('simulated processes and threads', () => {
  it('a killed process does nothing more; its peers notice', async () => {
    const machine = new SimulatedPlatform({ seed: 1 });
    const worker = machine.startProcess('worker');
    let ticks = 0;
    const tick = (): void => {
      ticks++;
      worker.timers.setTimer(10, tick);
    };
    tick();
    await machine.advance(25);
    worker.owner.kill();
    worker.owner.kill();
    await machine.advance(100);
    expect(ticks).toBe(3);
    expect([machine.process.isAlive(worker.process.pid), machine.process.isAlive(machine.process.pid)]).toEqual([false, true]);
  });

  it('a process killed at a point does nothing that stands behind the point, not on the disk and not to others', async () => {
    const machine = new SimulatedPlatform({ seed: 1 });
    const worker = machine.startProcess('worker');
    const heard: unknown[] = [];
    const [mine, its] = machine.threads.createChannel();
    mine.onMessage((message) => heard.push(message));
    const reached: string[] = [];
    machine.onReach((point, process) => {
      reached.push(point);
      if (point === 'before-manifest') process.root.kill();
    });
    worker.points.reach('before-ack');
    const kept = worker.files.open('/tmp/kept', 'write');
    expect(() => worker.points.reach('before-manifest')).toThrow(expect.toSatisfy(ProcessEnded.is));
    expect(() => worker.files.writeFile('/tmp/late', 'late')).toThrow(expect.toSatisfy(ProcessEnded.is));
    expect(() => kept.write(encodeUtf8('late'))).toThrow(expect.toSatisfy(FileInputOutputFailed.is));
    expect([machine.files.exists('/tmp/late'), machine.files.stat('/tmp/kept').size]).toEqual([false, 0]);
    machine.owner.kill();
    its.postMessage('late');
    await machine.settle();
    expect([heard, reached]).toEqual([[], ['before-ack', 'before-manifest']]);
  });

  it('a stopped process sleeps with all its threads and wakes up as if no time had passed', async () => {
    const machine = new SimulatedPlatform({ seed: 1 });
    const other = machine.startProcess('other');
    const seen: string[] = [];
    machine.registerThreadEntry('thread', (thread) => void thread.timers.setTimer(20, () => seen.push('thread')));
    other.threads.spawn('thread', { name: 'thread' });
    other.timers.setTimer(10, () => seen.push('first'));
    other.timers.setTimer(30, () => seen.push('second'));
    await machine.advance(5);
    other.owner.suspend();
    machine.timers.setTimer(15, () => seen.push('machine'));
    await machine.advance(100);
    expect(seen).toEqual(['machine']);
    other.owner.wake();
    await machine.advance(0);
    expect(seen).toEqual(['machine', 'first', 'thread', 'second']);
  });

  it('threads talk through their ports, and end by return of the port, by an error or by being terminated', async () => {
    const platform = new SimulatedPlatform({ seed: 1, maxLatencyMs: 2 });
    platform.registerThreadEntry('file:///echo.js', ({ threads }) => {
      const me = threads.currentThread!;
      me.parent.onMessage((message) => {
        if (message === 'stop') me.parent.close();
        else me.parent.postMessage([me.name, me.data, message]);
      });
    });
    platform.registerThreadEntry('file:///broken.js', () => Promise.reject(new Error('broken')));
    const exits: unknown[] = [];
    const got: unknown[] = [];
    const echo = platform.threads.spawn('file:///echo.js', { name: 'echo', data: { n: 1 } });
    echo.port.onMessage((message) => got.push(message));
    let closed = 0;
    echo.port.onClose(() => closed++);
    echo.port.postMessage('hi');
    await platform.run(() => got.length === 1);
    expect(got).toEqual([['echo', { n: 1 }, 'hi']]);
    echo.onExit((exit) => exits.push(exit.code));
    echo.port.postMessage('stop');
    await platform.run(() => exits.length === 1 && closed === 1);
    const broken = platform.threads.spawn('file:///broken.js', { name: 'broken' });
    broken.onExit(({ code, error }) => exits.push(code, (error as Error).message));
    await platform.run(() => exits.length === 3);
    const unknown = platform.threads.spawn('file:///unknown.js', { name: 'unknown' });
    let failure: unknown;
    unknown.onExit(({ error }) => (failure = error));
    await platform.run(() => failure !== undefined);
    expect(ThreadEntryUnknown.is(failure)).toBe(true);
    const stopped = platform.threads.spawn('file:///echo.js', { name: 'stopped' });
    stopped.onExit(({ code }) => exits.push(code));
    await stopped.terminate();
    await platform.run(() => exits.length === 4);
    expect(exits).toEqual([0, 1, 'broken', 1]);
  });

  it('breaks connections when told, and captures output until its reader goes', async () => {
    const platform = new SimulatedPlatform({ seed: 1, modules: { 'file:///job.js': { default: 1 } } });
    const listener = await platform.sockets.listen({ kind: 'tcp', host: 'h', port: 0 }, { maxConnections: 1, onConnection: () => ({ onData: () => undefined, onClose: () => undefined }) });
    const closed: (string | undefined)[] = [];
    const handlers = { onData: () => undefined, onClose: (error?: Error) => closed.push(error?.message.slice(0, 7)) };
    platform.sockets.connect(listener.address, handlers);
    await platform.settle();
    platform.sockets.connect(listener.address, handlers);
    await platform.settle();
    expect(closed).toEqual(['MR-2815']);
    platform.network.breakConnections();
    await platform.settle();
    expect(closed).toEqual(['MR-2815', 'MR-2815']);
    expect(await platform.importModule('file:///job.js')).toEqual({ default: 1 });
    await expect(platform.importModule('file:///none.js')).rejects.toThrow(expect.toSatisfy(FileNotFound.is));
    platform.streams.stdout.write('a\nb');
    await platform.streams.stdout.flush();
    expect(platform.streams.stdout.lines).toEqual(['a']);
    platform.streams.stdout.closeReader();
    await expect(platform.streams.stdout.flush()).rejects.toThrow(expect.toSatisfy(OutputClosed.is));
  });
});
