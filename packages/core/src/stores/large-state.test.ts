import { afterAll, describe, expect, it } from 'vitest';
import { nodePlatform } from '../platform/node/node-platform.js';
import { t } from '../record/types/t.js';
import type { StateBackend, StateBackendFactory } from '../state/backend.js';
import { heapStateBackendFactory } from '../state/backends/heap/heap-state-backend.js';
import { logStateBackendFactory } from '../state/backends/log/log-state-backend.js';
import type { OperatorSnapshot } from '../state/operator-snapshot.js';
import { state } from '../state/state-builders.js';
import { kitBackend, takeSnapshot } from '../testing/state-backend-kit.js';
import { FileCheckpointStore } from './file-checkpoint-store.js';

describe('state that is handed over in files', () => {
  const platform = nodePlatform();
  const directory = platform.files.makeTemporaryDirectory('millrace-large-state-');
  afterAll(() => platform.files.removeTree(directory));
  const log = logStateBackendFactory({ files: platform.files, random: platform.random, digests: platform.digests, directory: `${directory}/work`, snapshotBufferBytes: 4096 });

  function filled(): { backend: StateBackend; set(from: number, to: number, text: string): void } {
    const backend = kitBackend(log, { keyType: t.number });
    const value = backend.keyedState('v', state.value(t.string));
    const set = (from: number, to: number, text: string): void => {
      for (let key = from; key < to; key++) {
        backend.setCurrentKey(key);
        value.update(`${text} ${key} ${'x'.repeat(1000)}`);
      }
    };
    return { backend, set };
  }

  function read(factory: StateBackendFactory, snapshots: readonly OperatorSnapshot[]): (string | undefined)[] {
    const backend = kitBackend(factory, { keyType: t.number, files: platform.files });
    backend.restore(snapshots);
    const value = backend.keyedState('v', state.value(t.string));
    const found = [0, 999, 1000, 19_999].map((key) => {
      backend.setCurrentKey(key);
      return value.value()?.slice(0, 10);
    });
    expect(backend.size).toBe(20_000);
    backend.close();
    return found;
  }

  it('is in the checkpoint, base and delta, and comes back on either backend', async () => {
    const { backend, set } = filled();
    const open = (): FileCheckpointStore => new FileCheckpointStore(platform, { directory: `${directory}/checkpoints`, job: 'large' });
    const store = open();
    await store.open();
    const metadata = { kind: 'checkpoint', takenAt: 1, fingerprint: 'f' } as const;
    const write = async (checkpointId: number): Promise<OperatorSnapshot> => {
      const snapshot = takeSnapshot(backend, checkpointId);
      await store.write({ checkpointId, job: 'large', parts: new Map([['0/kit', snapshot]]), sources: new Map() }, metadata);
      await store.markCommitting(checkpointId);
      backend.snapshotComplete(checkpointId);
      // The files that were handed over go when there is time.
      while (backend.maintain(5) === 'more');
      return snapshot;
    };
    set(0, 20_000, 'old');
    const base = await write(1);
    // The store has taken the file over: it is not copied, and the backend's upkeep leaves it alone.
    expect(platform.files.stat(`${directory}/checkpoints/state-1-1-1.bin`).size).toBe(base.file!.size);
    expect(base.keyGroups.every((blob) => blob.stretch !== undefined && !platform.files.exists(blob.stretch.path))).toBe(true);
    set(0, 1000, 'new');
    const delta = await write(2);
    expect([delta.basedOn, delta.keyGroups.every((blob) => blob.kind === 'delta')]).toEqual([1, true]);
    await store.close();
    backend.close();
    const restored = (await open().newest())!.operators.get('kit')!;
    // The base is in a large file, which a restore reads a key group at a time; the delta is in a small one.
    expect(new Set(restored.flatMap(({ keyGroups }) => keyGroups.map(({ kind, stretch }) => `${kind} ${stretch === undefined ? 'in memory' : 'in its file'}`)))).toEqual(new Set(['base in its file', 'delta in memory']));
    for (const factory of [log, heapStateBackendFactory]) expect(read(factory, restored)).toEqual(['new 0 xxxx', 'new 999 xx', 'old 1000 x', 'old 19999 '].map((text) => text.slice(0, 10)));
  });
});
