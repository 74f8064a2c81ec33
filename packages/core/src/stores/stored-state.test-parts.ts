/** Checkpoints with real state in them, for the tests of this folder. */
import type { AcknowledgedCheckpoint } from '../checkpoint/completed-checkpoint.js';
import { t } from '../record/types/t.js';
import { heapStateBackendFactory } from '../state/backends/heap/heap-state-backend.js';
import type { StateBackend, Timers } from '../state/backend.js';
import type { MapState, OperatorListState, ValueState } from '../state/handles.js';
import { state } from '../state/state-builders.js';
import { kitBackend, takeSnapshot } from '../testing/state-backend-kit.js';
import { EncryptionKeys, type EncryptionSettings } from './encryption.js';
import { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import { secret } from '../base/secret.js';
import { FileCheckpointStore } from './file-checkpoint-store.js';

export const DIRECTORY = '/state';
export const METADATA = { kind: 'checkpoint' as const, takenAt: 5, fingerprint: 'f' };
export const KEY_A: string = 'a1'.repeat(32);
export const KEY_B: string = 'b2'.repeat(32);
/** Two keys; new files are written with `keyId`. */
export const encryptedWith = (keyId: string | undefined): EncryptionSettings => ({ keyId, keys: { a: secret.value(KEY_A), b: secret.value(KEY_B) } });

/** One operator, one subtask: counts per key, a map, timers, and a list of its own. */
export class StoredState {
  readonly platform: SimulatedPlatform;
  readonly store: FileCheckpointStore;
  readonly backend: StateBackend;
  readonly counts: ValueState<{ n: number }>;
  readonly seen: MapState<string, number>;
  readonly timers: Timers;
  readonly open: OperatorListState<string>;

  constructor(platform: SimulatedPlatform, encryption: EncryptionSettings = {}, retained: number = 2, directory: string = DIRECTORY) {
    this.platform = platform;
    this.store = new FileCheckpointStore(platform, { directory, job: 'orders', keys: new EncryptionKeys(platform, encryption), retained });
    this.backend = kitBackend(heapStateBackendFactory, { clock: platform.clock, operatorUid: 'sums', maxParallelism: 128, keyGroups: { first: 0, last: 127 } });
    this.counts = this.backend.keyedState('counts', state.value(t.struct({ n: t.number })));
    this.seen = this.backend.keyedState('seen', state.map(t.string, t.number));
    this.timers = this.backend.timers('timers', () => {});
    this.open = this.backend.operatorList('open', t.string, 'list');
  }

  /** Counts a key. */
  count(key: string, n: number): void {
    this.backend.setCurrentKey(key);
    this.counts.update({ n });
  }

  /** What the subtask hands in for a checkpoint. */
  acknowledged(checkpointId: number): AcknowledgedCheckpoint {
    const snapshot = takeSnapshot(this.backend, checkpointId);
    return {
      checkpointId,
      job: 'orders',
      parts: new Map([['0/sums', snapshot]]),
      sources: new Map([['orders', { enumerator: { seen: ['x'] }, splits: [{ id: 'a', position: checkpointId }] }]]),
    };
  }

  /** Takes a whole checkpoint. */
  async checkpoint(checkpointId: number): Promise<void> {
    await this.store.write(this.acknowledged(checkpointId), METADATA);
    await this.store.markCommitting(checkpointId);
    this.backend.snapshotComplete(checkpointId);
  }
}

/** Two checkpoints of the state, the second one a delta of one key. */
export async function twoCheckpoints(encryption: EncryptionSettings = {}, platform: SimulatedPlatform = new SimulatedPlatform({ seed: 1 })): Promise<StoredState> {
  const stored = new StoredState(platform, encryption);
  await stored.store.open();
  for (let n = 0; n < 200; n++) stored.count(`key-${n}`, n);
  stored.backend.setCurrentKey('key-7');
  stored.seen.put('x', 1);
  stored.timers.registerEventTime(99, null);
  stored.open.add('file');
  await stored.checkpoint(1);
  stored.count('key-7', 700);
  await stored.checkpoint(2);
  return stored;
}
