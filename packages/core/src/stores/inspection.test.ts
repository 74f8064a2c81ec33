import { describe, expect, it } from 'vitest';
import { secret } from '../base/secret.js';
import { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import { describeCheckpoint } from './describe-checkpoint.js';
import { EncryptionKeys } from './encryption.js';
import { FileCheckpointStore } from './file-checkpoint-store.js';
import { listCheckpoints } from './list-checkpoints.js';
import { keysFromText, readState, type StateQuery } from './read-state.js';
import { StateFileReader } from './state-file-reader.js';
import { DIRECTORY, encryptedWith, KEY_A, KEY_B, StoredState, twoCheckpoints } from './stored-state.test-parts.js';
import { verifyCheckpoint } from './verify-checkpoint.js';

const NEWEST = `${DIRECTORY}/checkpoint-2.json`;

function rows({ platform }: StoredState, query: StateQuery): unknown[] {
  return [...readState(platform, DIRECTORY, query)].map(({ operator, state, key, part, value }) => [operator, state, key, part, value]);
}

describe('looking into checkpoints without the job', () => {
  it('lists what a directory holds, with sizes, owners and damage', async () => {
    const { platform } = await twoCheckpoints();
    platform.files.makeDirectory('/state/elsewhere');
    const [first, second] = listCheckpoints(platform, DIRECTORY);
    expect(first).toMatchObject({ path: '/state/checkpoint-1.json', kind: 'checkpoint', checkpointId: 1, job: 'orders', takenAt: 5, lineage: 1, run: 1, committing: true, drained: false, keyIds: [], damage: undefined });
    expect(second?.bytes).toBeGreaterThan(second?.newBytes ?? Number.POSITIVE_INFINITY);
    platform.files.unlink('/state/state-1-1.bin');
    platform.files.writeFile('/state/checkpoint-1.json', '{');
    expect(listCheckpoints(platform, DIRECTORY).map(({ checkpointId, damage }) => [checkpointId, damage])).toEqual([
      [1, expect.stringContaining('MR-2402') as string],
      [2, 'state-1-1.bin is missing'],
    ]);
    expect(listCheckpoints(platform, '/nowhere')).toEqual([]);
  });

  it('verifies every byte and names each problem', async () => {
    const stored = await twoCheckpoints();
    const { platform } = stored;
    expect(verifyCheckpoint(platform, DIRECTORY)).toMatchObject({ path: NEWEST, checkpointId: 2, files: 3, problems: [] });
    expect(verifyCheckpoint(platform, DIRECTORY).rows).toBe(203);
    for (const name of ['state-1-1.bin', 'state-1-2.bin']) {
      const bytes = platform.files.readFile(`${DIRECTORY}/${name}`);
      bytes[bytes.length - 1]! ^= 1;
      platform.files.writeFile(`${DIRECTORY}/${name}`, bytes);
    }
    expect(verifyCheckpoint(platform, NEWEST).problems.map(({ file, code }) => [file, code])).toEqual([
      ['/state/state-1-2.bin', 'MR-2402'],
      ['/state/state-1-1.bin', 'MR-2402'],
    ]);
    expect(() => verifyCheckpoint(platform, '/nowhere')).toThrow('MR-2407');
    expect(() => verifyCheckpoint(platform, '/state/run-1.json')).toThrow('MR-2407');
  });

  it('describes operators, states, types, keys and sizes', async () => {
    const { platform } = await twoCheckpoints();
    const described = describeCheckpoint(platform, DIRECTORY);
    expect(described).toMatchObject({ checkpointId: 2, fingerprint: 'f', sources: [{ uid: 'orders', enumerator: { seen: ['x'] }, splits: [{ id: 'a', position: 2 }] }] });
    const operator = described.operators[0];
    expect(operator).toMatchObject({ uid: 'sums', parallelism: 1, maxParallelism: 128, keyType: 'any value' });
    expect(operator?.states.map(({ name, kind, type, keys, entries }) => [name, kind, type, keys, entries])).toEqual([
      ['counts', 'value', '{ n: number }', 200, 200],
      ['seen', 'map', 'number', 1, 1],
      ['timers:event', 'timers', undefined, 1, 1],
      ['timers:processing', 'timers', undefined, 0, 0],
      ['open', 'operatorList', 'string', 0, 1],
    ]);
    expect(operator?.states[0]?.fingerprint).toMatch(/^[0-9a-f]{32}$/);
    expect(operator?.keyGroups[0]?.bytes).toBeLessThanOrEqual(operator?.bytes ?? 0);
    expect(describeCheckpoint(platform, DIRECTORY, { counts: false }).operators[0]?.states[0]).toMatchObject({ keys: undefined, entries: undefined });
  });

  it('gives the contents of states as rows, by operator, state and key', async () => {
    const stored = await twoCheckpoints();
    expect(rows(stored, { operator: 'sums', state: 'counts' })).toHaveLength(200);
    expect(rows(stored, { keys: keysFromText('key-7') })).toEqual([
      ['sums', 'counts', 'key-7', undefined, { n: 700 }],
      ['sums', 'seen', 'key-7', 'x', 1],
      ['sums', 'timers:event', 'key-7', 0, 99],
    ]);
    expect(rows(stored, { state: 'counts', keys: ['key-8'] })).toEqual([['sums', 'counts', 'key-8', undefined, { n: 8 }]]);
    expect(rows(stored, { state: 'open' })).toEqual([['sums', 'open', undefined, 0, 'file']]);
    expect(rows(stored, { keys: ['nobody'] })).toEqual([]);
    expect(() => rows(stored, { operator: 'sum' })).toThrow('Did you mean "sums"?');
    expect(() => rows(stored, { operator: 'sums', state: 'count' })).toThrow(/MR-2416.*Did you mean "counts"/);
  });

  it('takes a text for every key that it may mean', () => {
    expect(keysFromText('7')).toEqual(['7', 7n, 7]);
    expect(keysFromText('["a",1]')).toEqual(['["a",1]', ['a', 1]]);
    expect(keysFromText('a')).toEqual(['a']);
    expect(keysFromText('null')).toEqual(['null']);
  });
});

describe('encrypted checkpoints', () => {
  it('show nothing of the state, and read back with the key', async () => {
    const stored = await twoCheckpoints(encryptedWith('a'));
    const { platform } = stored;
    for (const { name } of platform.files.readDirectory(DIRECTORY)) {
      const text = new TextDecoder('latin1').decode(platform.files.readFile(`${DIRECTORY}/${name}`));
      expect([name, text.includes('key-1'), text.includes(KEY_A), text.includes('counts')]).toEqual([name, false, false, false]);
    }
    expect(listCheckpoints(platform, DIRECTORY)[1]).toMatchObject({ keyIds: ['a'], damage: undefined });
    expect(rows(stored, { keys: ['key-7'], encryption: encryptedWith(undefined) })[0]).toEqual(['sums', 'counts', 'key-7', undefined, { n: 700 }]);
    expect(verifyCheckpoint(platform, DIRECTORY, encryptedWith('b'))).toMatchObject({ rows: 203, problems: [] });
    expect(describeCheckpoint(platform, DIRECTORY, { encryption: encryptedWith('a') }).operators[0]?.states[0]).toMatchObject({ keys: 200 });
  });

  it('read back with the key of the environment, in hexadecimal or base64', async () => {
    const { platform } = await twoCheckpoints(encryptedWith('a'));
    for (const text of [KEY_A, KEY_A.toUpperCase(), Buffer.from(KEY_A, 'hex').toString('base64'), Buffer.from(KEY_A, 'hex').toString('base64url')]) {
      const reader = new SimulatedPlatform({ seed: 2, environment: { MILLRACE_KEY_A: text } });
      for (const { name } of platform.files.readDirectory(DIRECTORY)) {
        reader.files.makeDirectory(DIRECTORY);
        reader.files.writeFile(`${DIRECTORY}/${name}`, platform.files.readFile(`${DIRECTORY}/${name}`));
      }
      expect(verifyCheckpoint(reader, DIRECTORY).problems).toEqual([]);
    }
  });

  it('refuse a missing, wrong or malformed key by code, and never print one', async () => {
    const { platform } = await twoCheckpoints(encryptedWith('a'));
    const read = (text: string | undefined): void => void [...readState(platform, DIRECTORY, { encryption: text === undefined ? {} : { keys: { a: secret.value(text) } } })];
    expect(() => read(undefined)).toThrow(/MR-2409.*MILLRACE_KEY_A/);
    expect(() => read(KEY_B)).toThrow('MR-2410');
    expect(() => read('c3c3')).toThrow('MR-2411');
    expect(() => read('c3c3')).not.toThrow(/c3c3/);
    await expect(twoCheckpoints({ keyId: 'no such/key' })).rejects.toThrow('MR-2411');
    await expect(twoCheckpoints({ keyId: 'missing' })).rejects.toThrow('MR-2409');
    await expect(new FileCheckpointStore(platform, { directory: DIRECTORY, job: 'orders', keys: new EncryptionKeys(platform) }).newest()).rejects.toMatchObject({ code: 'MR-2409' });
  });

  it('go on under a new key, while files of the old one still open', async () => {
    const stored = await twoCheckpoints(encryptedWith('a'));
    const { platform } = stored;
    await stored.store.close();
    const next = new StoredState(platform, encryptedWith('b'));
    await next.store.open();
    expect((await next.store.newest())?.checkpointId).toBe(2);
    next.count('new', 1);
    await next.checkpoint(3);
    expect(listCheckpoints(platform, DIRECTORY).map(({ keyIds }) => keyIds)).toEqual([['a'], ['b']]);
    expect(verifyCheckpoint(platform, DIRECTORY, encryptedWith('b')).problems).toEqual([]);
  });

  it('notice chunks and files that changed places, also with checksums that were made to fit', async () => {
    const stored = await twoCheckpoints(encryptedWith('a'));
    const { platform } = stored;
    for (let n = 0; n < 4000; n++) stored.count(`more-${n}-${'x'.repeat(40)}`, n);
    await stored.checkpoint(3);
    const file = `${DIRECTORY}/state-1-3.bin`;
    const bytes = platform.files.readFile(file);
    const chunk = 64 * 1024 + 16;
    expect(bytes.length).toBeGreaterThan(8 + 2 * chunk);
    const swapped = Uint8Array.from(bytes);
    swapped.set(bytes.subarray(8 + chunk, 8 + 2 * chunk), 8);
    swapped.set(bytes.subarray(8, 8 + chunk), 8 + chunk);
    const cut = bytes.slice(0, 8 + 2 * chunk);
    const other = platform.files.readFile(`${DIRECTORY}/state-1-2.bin`);
    for (const forged of [swapped, cut, other]) {
      platform.files.writeFile(file, forged);
      const manifest = JSON.parse(new TextDecoder().decode(platform.files.readFile(`${DIRECTORY}/checkpoint-3.json`)).split('\n')[0] ?? '') as { files: { name: string; size: number; sha256: string }[] };
      const entry = manifest.files.find(({ name }) => name === 'state-1-3.bin');
      const sha256 = Buffer.from(platform.digests.sha256().update(forged).digest()).toString('hex');
      const reader = new StateFileReader(platform, { directory: DIRECTORY, job: 'orders', checkpointId: 3 }, { ...(entry as NonNullable<typeof entry>), size: forged.length, sha256 }, new EncryptionKeys(platform, encryptedWith('a')));
      reader.verify();
      expect(() => reader.verifySeals()).toThrow('MR-2402');
      reader.close();
    }
    // Nor can the manifest be made to fit: whoever changes it cannot seal it.
    platform.files.writeFile(file, bytes);
    const lines = new TextDecoder().decode(platform.files.readFile(`${DIRECTORY}/checkpoint-3.json`)).split('\n');
    const text = (lines[0] ?? '').replace('"takenAt":5', '"takenAt":6');
    const checksum = Buffer.from(platform.digests.sha256().update(new TextEncoder().encode(text)).digest()).toString('hex');
    platform.files.writeFile(`${DIRECTORY}/checkpoint-3.json`, `${text}\n${checksum}\n${lines[2] ?? ''}\n`);
    expect(verifyCheckpoint(platform, DIRECTORY, encryptedWith('a')).problems).toEqual([expect.objectContaining({ code: 'MR-2402', message: expect.stringContaining('does not match its seal') as string })]);
  });
});
