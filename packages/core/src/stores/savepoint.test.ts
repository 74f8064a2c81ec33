import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import { disposeSavepoint } from './dispose-savepoint.js';
import { EncryptionKeys, type EncryptionSettings } from './encryption.js';
import { FileCheckpointStore } from './file-checkpoint-store.js';
import { listCheckpoints } from './list-checkpoints.js';
import { readState } from './read-state.js';
import { FileSavepoints } from './savepoint-files.js';
import { DIRECTORY, encryptedWith, StoredState, twoCheckpoints } from './stored-state.test-parts.js';
import { verifyCheckpoint } from './verify-checkpoint.js';

const METADATA = { takenAt: 9, fingerprint: 'f' };

async function savepoint(stored: StoredState, id: number, { encryption = {}, drained = false }: { encryption?: EncryptionSettings; drained?: boolean } = {}): Promise<string> {
  const target = new FileSavepoints(stored.platform, new EncryptionKeys(stored.platform, encryption)).prepare('/saved', 'orders', id);
  return (await stored.store.whole(stored.acknowledged(id), (whole) => target.write(whole, { ...METADATA, ...(drained ? { drained } : {}) }))).path;
}

const opened = (platform: SimulatedPlatform, directory: string, settings: { job?: string; retained?: number; keys?: EncryptionKeys } = {}): FileCheckpointStore =>
  new FileCheckpointStore(platform, { directory, job: 'orders', ...settings });

describe('a savepoint in a directory', () => {
  it('is whole: base and deltas of the run and what is new, and nothing outside its directory', async () => {
    const stored = await twoCheckpoints();
    stored.count('key-8', 800);
    const path = await savepoint(stored, 3);
    stored.platform.files.removeTree(DIRECTORY);
    expect(verifyCheckpoint(stored.platform, path)).toMatchObject({ kind: 'savepoint', files: 2, problems: [] });
    const counts = new Map([...readState(stored.platform, path, { state: 'counts' })].map(({ key, value }) => [key, (value as { n: number }).n]));
    expect([counts.size, counts.get('key-7'), counts.get('key-8'), counts.get('key-9')]).toEqual([200, 700, 800, 9]);
  });

  it('never takes what is there, and counts on from it', async () => {
    const stored = await twoCheckpoints();
    const savepoints = new FileSavepoints(stored.platform, new EncryptionKeys(stored.platform));
    await savepoint(stored, 3);
    expect(() => savepoints.prepare('/saved', 'orders', 3)).toThrow('MR-2412');
    stored.platform.files.writeFile('/saved/savepoint-orders-7', 'not even a directory');
    expect(() => savepoints.prepare('/saved', 'orders', 7)).toThrow('MR-2412');
    expect(savepoints.lastId('/saved', 'orders')).toBe(7);
    expect([savepoints.lastId('/saved', 'order'), savepoints.lastId('/nowhere', 'orders')]).toEqual([0, 0]);
  });

  it('does not let the name of a job lead anywhere', async () => {
    const { platform } = await twoCheckpoints();
    const savepoints = new FileSavepoints(platform, new EncryptionKeys(platform));
    expect(savepoints.prepare('/saved', '../../etc/passwd\0', 1).path).toBe('/saved/savepoint--etc-passwd--1');
    expect(savepoints.prepare('/saved', 'x'.repeat(500), 1).path.length).toBeLessThan(90);
  });

  it('fails when the state that it is to copy is damaged, and leaves nothing', async () => {
    const stored = await twoCheckpoints();
    const file = `${DIRECTORY}/state-1-1.bin`;
    const bytes = stored.platform.files.readFile(file);
    bytes[100]! ^= 1;
    stored.platform.files.writeFile(file, bytes);
    await expect(savepoint(stored, 3)).rejects.toMatchObject({ code: 'MR-2402' });
    expect(stored.platform.files.exists('/saved/savepoint-orders-3')).toBe(false);
  });
});

describe('R44 going on from a path', () => {
  it('takes a savepoint, its manifest, a directory of checkpoints, and one manifest of them', async () => {
    const stored = await twoCheckpoints();
    const path = await savepoint(stored, 3);
    const { platform } = stored;
    const ids = async (from: string): Promise<number> => (await opened(platform, '/own').resume(from)).checkpointId;
    expect([await ids(path), await ids(`${path}/savepoint.json`), await ids(DIRECTORY), await ids(`${DIRECTORY}/checkpoint-1.json`)]).toEqual([3, 3, 2, 1]);
  });

  it('refuses by code what is not there, of another job, of a newer format, damaged, drained or encrypted', async () => {
    const stored = await twoCheckpoints(encryptedWith('a'));
    const path = await savepoint(stored, 3, { encryption: encryptedWith('a') });
    const drained = await savepoint(stored, 4, { drained: true });
    const { platform } = stored;
    const keys = new EncryptionKeys(platform, encryptedWith(undefined));
    const refused = (from: string, code: string, settings: Parameters<typeof opened>[2] = { keys }): Promise<void> => expect(opened(platform, '/own', settings).resume(from)).rejects.toMatchObject({ code });
    await refused('/nowhere', 'MR-2407');
    await refused('/', 'MR-2407');
    await refused(`${path}/state.bin`, 'MR-2407');
    await refused(path, 'MR-2404', { keys, job: 'other' });
    await refused(path, 'MR-2409', {});
    await refused(drained, 'MR-2415');
    expect((await opened(platform, '/own', { keys }).resume(drained, { drained: true })).checkpointId).toBe(4);
    const manifest = new TextDecoder().decode(platform.files.readFile(`${path}/savepoint.json`));
    const text = (manifest.split('\n')[0] ?? '').replace('"format":2', '"format":4');
    const checksum = Buffer.from(platform.digests.sha256().update(new TextEncoder().encode(text)).digest()).toString('hex');
    platform.files.writeFile(`${path}/savepoint.json`, `${text}\n${checksum}\n`);
    await refused(path, 'MR-2403');
    platform.files.writeFile(`${path}/savepoint.json`, manifest);
    platform.files.unlink(`${path}/state.bin`);
    await refused(path, 'MR-2402');
  });

  it('detects every truncation and bit flip in checkpoints and savepoints, plain and encrypted', { timeout: 60_000 }, async () => {
    for (const encryption of [{}, encryptedWith('a')]) {
      const stored = await twoCheckpoints(encryption);
      const path = await savepoint(stored, 3, { encryption });
      const { platform } = stored;
      const keys = new EncryptionKeys(platform, encryption);
      const files = [...['checkpoint-2.json', 'state-1-1.bin', 'state-1-2.bin'].map((name) => `${DIRECTORY}/${name}`), `${path}/savepoint.json`, `${path}/state.bin`];
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...files), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.integer({ min: -1, max: 7 }), async (file, place, bit) => {
          const whole = platform.files.readFile(file);
          // The line end behind the last line of a manifest says nothing and is not covered.
          const at = Math.floor(place * (file.endsWith('.json') ? whole.length - 1 : whole.length));
          const damaged = whole.slice(0, bit < 0 ? at : whole.length);
          if (bit >= 0) damaged[at]! ^= 1 << bit;
          platform.files.writeFile(file, damaged);
          const from = file.startsWith(path) ? path : `${DIRECTORY}/checkpoint-2.json`;
          await expect(opened(platform, '/own', { keys }).resume(from)).rejects.toMatchObject({ code: 'MR-2402' });
          if (at % 16 === 0) expect(verifyCheckpoint(platform, from, encryption).problems.length).toBeGreaterThan(0);
          platform.files.writeFile(file, whole);
        }),
        { numRuns: 1000 },
      );
      expect((await opened(platform, '/own', { keys }).resume(path)).checkpointId).toBe(3);
    }
  });
});

describe('whom the savepoint belongs to', () => {
  /** A run in a directory of its own that has gone on from the path, with so many complete checkpoints. */
  async function heir(stored: StoredState, from: string, claim: boolean, checkpoints: number, retained: number = 2): Promise<StoredState> {
    const next = new StoredState(stored.platform, {}, retained, '/heir');
    await next.store.open();
    await next.store.resume(from, { claim });
    next.count('a', 1);
    for (let id = 11; id < 11 + checkpoints; id++) await next.checkpoint(id);
    return next;
  }

  it('stays untouched without a claim', async () => {
    const stored = await twoCheckpoints();
    const path = await savepoint(stored, 3);
    await heir(stored, path, false, 5);
    expect(verifyCheckpoint(stored.platform, path).problems).toEqual([]);
  });

  it('belongs to the run with a claim, from its first complete checkpoint on, and is deleted as the oldest', async () => {
    const stored = await twoCheckpoints();
    const path = await savepoint(stored, 3);
    const first = await heir(stored, path, true, 0);
    expect(first.platform.files.exists('/heir/claimed.json')).toBe(false);
    await first.checkpoint(11);
    expect([first.platform.files.exists('/heir/claimed.json'), verifyCheckpoint(stored.platform, path).problems]).toEqual([true, []]);
    await first.store.close();
    // A later run of the line knows of it too.
    const second = new StoredState(stored.platform, {}, 2, '/heir');
    await second.store.open();
    await second.store.newest();
    second.count('b', 1);
    await second.checkpoint(12);
    expect([stored.platform.files.exists(path), stored.platform.files.exists('/heir/claimed.json')]).toEqual([false, false]);
  });

  it('stays when a later run in the same directory begins another line', async () => {
    const stored = await twoCheckpoints();
    const path = await savepoint(stored, 3);
    const first = await heir(stored, path, true, 1);
    await first.store.close();
    // Begins afresh, and has more checkpoints than are kept.
    const other = new StoredState(stored.platform, {}, 2, '/heir');
    await other.store.open();
    other.count('b', 1);
    for (const id of [12, 13, 14]) await other.checkpoint(id);
    await other.store.close();
    expect(verifyCheckpoint(stored.platform, path).problems).toEqual([]);
    // The line that claimed it goes on, and deletes it as its oldest.
    const line = new StoredState(stored.platform, {}, 2, '/heir');
    await line.store.open();
    await line.store.resume('/heir/checkpoint-11.json', { claim: true });
    line.count('c', 1);
    await line.checkpoint(15);
    expect([stored.platform.files.exists(path), stored.platform.files.exists('/heir/claimed.json')]).toEqual([false, false]);
  });

  it('may be a checkpoint of another directory, of which only what nobody else needs is deleted', async () => {
    const stored = await twoCheckpoints();
    await stored.store.close();
    await heir(stored, `${DIRECTORY}/checkpoint-2.json`, true, 2);
    expect(listCheckpoints(stored.platform, DIRECTORY).map(({ checkpointId, damage }) => [checkpointId, damage])).toEqual([[1, undefined]]);
    expect(stored.platform.files.exists(`${DIRECTORY}/state-1-2.bin`)).toBe(false);
    expect(verifyCheckpoint(stored.platform, DIRECTORY).problems).toEqual([]);
  });

  it('goes on with the line when it is a checkpoint of the run\'s own directory', async () => {
    const stored = await twoCheckpoints();
    await stored.store.close();
    const again = new StoredState(stored.platform);
    await again.store.open();
    await again.store.resume(DIRECTORY, { claim: true });
    again.count('a', 1);
    for (const id of [3, 4]) await again.checkpoint(id);
    expect(listCheckpoints(stored.platform, DIRECTORY).map(({ checkpointId, lineage, run }) => [checkpointId, lineage, run])).toEqual([[3, 1, 2], [4, 1, 2]]);
  });
});

describe('disposing of a savepoint', () => {
  it('deletes its files and its directory, and leaves what is not its own', async () => {
    const stored = await twoCheckpoints();
    const [first, second] = [await savepoint(stored, 3), await savepoint(stored, 4)];
    const { files } = stored.platform;
    expect(disposeSavepoint(stored.platform, first)).toMatchObject({ directory: first, checkpointId: 3, left: [] });
    expect(files.exists(first)).toBe(false);
    files.writeFile(`${second}/notes.txt`, 'mine');
    expect(disposeSavepoint(stored.platform, `${second}/savepoint.json`).left).toEqual(['notes.txt']);
    expect(files.readDirectory(second).map(({ name }) => name)).toEqual(['notes.txt']);
    expect(() => disposeSavepoint(stored.platform, second)).toThrow('MR-2414');
  });

  it('refuses everything else, and deletes nothing then', async () => {
    const stored = await twoCheckpoints();
    const path = await savepoint(stored, 3);
    const { platform } = stored;
    const before = [...platform.files.readDirectory(DIRECTORY), ...platform.files.readDirectory(path)].map(({ name }) => name);
    expect(() => disposeSavepoint(platform, '/nowhere')).toThrow('MR-2407');
    expect(() => disposeSavepoint(platform, DIRECTORY)).toThrow(/MR-2414.*checkpoints of a run/);
    for (const other of ['/saved', `${path}/state.bin`, `${DIRECTORY}/checkpoint-2.json`, `${DIRECTORY}/run-1.json`]) expect(() => disposeSavepoint(platform, other)).toThrow('MR-2414');
    const manifest = platform.files.readFile(`${path}/savepoint.json`);
    platform.files.writeFile(`${path}/savepoint.json`, manifest.slice(0, 50));
    expect(() => disposeSavepoint(platform, path)).toThrow('MR-2402');
    expect([...platform.files.readDirectory(DIRECTORY), ...platform.files.readDirectory(path)].map(({ name }) => name)).toEqual(before);
  });

  it('deletes nothing outside, whatever a manifest says', async () => {
    const stored = await twoCheckpoints();
    const path = await savepoint(stored, 3);
    const { platform } = stored;
    platform.files.writeFile('/saved/precious', 'x');
    const text = (new TextDecoder().decode(platform.files.readFile(`${path}/savepoint.json`)).split('\n')[0] ?? '').replaceAll('"state.bin"', '"../precious"');
    const checksum = Buffer.from(platform.digests.sha256().update(new TextEncoder().encode(text)).digest()).toString('hex');
    platform.files.writeFile(`${path}/savepoint.json`, `${text}\n${checksum}\n`);
    expect(() => disposeSavepoint(platform, path)).toThrow('MR-2402');
    expect(platform.files.exists('/saved/precious')).toBe(true);
  });
});
