import { assert } from '../../../base/assert.js';
import type { TypeInfo } from '../../../record/types/type-info.js';
import type { SnapshotRun, StateBackend, StateBackendFactory, StateBackendOptions } from '../../backend.js';
import type { KeyedStateDeclaration, StateOf } from '../../declarations.js';
import { ValueCodec } from '../../format/value-codec.js';
import { CurrentKey } from './current-key.js';
import { HeapPartBackend } from './heap-part-backend.js';
import { keyedHandle } from './keyed-handles.js';
import { sweepExpired } from './ttl-sweep.js';

/** Entries looked at between two looks at the clock during maintenance. */
const ENTRIES_PER_LOOK = 64;
const DYNAMIC: TypeInfo = Object.freeze({ kind: 'dynamic' });

/** Keeps the state of one operator of one subtask on the heap. */
export function heapStateBackend(options: StateBackendOptions): StateBackend {
  return new HeapStateBackend(options);
}

/** The heap backend as a choice. */
export const heapStateBackendFactory: StateBackendFactory = Object.freeze({ name: 'heap', create: heapStateBackend });

class HeapStateBackend extends HeapPartBackend<CurrentKey> {
  #sweep: Generator<void> | null;

  constructor(options: StateBackendOptions) {
    super({
      backend: options,
      current: new CurrentKey(options.keyGroups, options.maxParallelism),
      keyCodec: new ValueCodec(options.keyType ?? DYNAMIC),
      snapshots: null,
    });
    this.#sweep = null;
  }

  /** What handles have looked up holds on while one record after the other has the same key. */
  override setCurrentKey(key: unknown): void {
    if (this.check !== null) this.check.verify();
    if (!this.current.is(key)) this.current.set(key);
  }

  keyedState<D extends KeyedStateDeclaration>(name: string, declaration: D, options: { readonly namespaced?: boolean } = {}): StateOf<D> {
    this.refuseTaken(name);
    const store = this.contents.declareKeyed(name, declaration, options.namespaced ?? false, this.restored);
    return keyedHandle(store, declaration, this.current, this.check) as StateOf<D>;
  }

  forEachKey(name: string, visit: (key: unknown) => void): void {
    const store = this.contents.keyed(name);
    assert(store !== undefined, `forEachKey is asked for a declared keyed state, not "${name}"`);
    for (const table of store.tables()) {
      for (let slot = 0; slot < table.slotLimit; slot++) {
        const key = table.keyAt(slot);
        if (key === undefined) continue;
        if (store.ttl !== null && table.times !== null && this.ttlClock.expired(store.ttl, table.times[slot]!, this.ttlClock.now(store.ttl))) continue;
        this.setCurrentKey(key);
        if (store.namespaced) this.current.setNamespace({ start: table.start, end: table.end });
        visit(key);
      }
    }
    if (this.check !== null) this.check.verify();
    this.current.clear();
  }

  get size(): number {
    return this.contents.size;
  }

  beginSnapshot(checkpointId: number): SnapshotRun {
    if (this.check !== null) this.check.verify();
    if (this.restored !== null) {
      this.contents.keepUnclaimed(this.restored);
      this.restored = null;
    }
    return this.snapshots.begin(checkpointId, this.contents, this.watermark);
  }

  maintain(budgetMs: number): 'done' | 'more' {
    if (!this.contents.expires) return 'done';
    if (this.check !== null) this.check.verify();
    this.#sweep ??= sweepExpired(this.contents.stores);
    // What handles have looked up may be removed now.
    this.current.invalidate();
    const deadline = this.options.clock.monotonicMs() + budgetMs;
    do {
      for (let count = 0; count < ENTRIES_PER_LOOK; count++) {
        if (this.#sweep.next().done !== true) continue;
        this.#sweep = null;
        return 'done';
      }
    } while (this.options.clock.monotonicMs() < deadline);
    return 'more';
  }

  override close(): void {
    super.close();
    this.#sweep = null;
  }
}
