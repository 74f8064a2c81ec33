/**
 * The port between operators and whatever keeps their state (heap, segment log, later others).
 *
 * One {@link StateBackend} belongs to one operator of one subtask and to one thread. All access is synchronous. What a
 * snapshot contains is decided at {@link StateBackend.beginSnapshot}; its bytes are produced afterwards, in slices,
 * while the operator goes on: whoever touches an entry that is not yet written first writes its pre-image.
 */
import type { Clock } from '../base/platform.js';
import type { Files } from '../base/platform-files.js';
import type { TypeInfo } from '../record/types/type-info.js';
import type { BroadcastState, OperatorListState } from './handles.js';
import type { BroadcastDeclaration, KeyedStateDeclaration, StateOf } from './declarations.js';
import type { OperatorSnapshot } from './operator-snapshot.js';

/** The key groups `[first, last]` of a subtask. */
export interface KeyGroupRange {
  readonly first: number;
  readonly last: number;
}

/** A namespace inside a key: a window's bounds. The void namespace is what functions without windows use. */
export interface Namespace {
  readonly start: number;
  readonly end: number;
}

/** The state of one operator in one subtask. */
export interface StateBackend {
  /** Makes `key` the current key of every keyed state and timer; the caller has made sure that it is a valid key. */
  setCurrentKey(key: unknown): void;
  /** The current key as the user gave it (frozen when it is an object). */
  currentKey(): unknown;
  /** Makes `namespace` current for namespaced states; null is the void namespace. */
  setCurrentNamespace(namespace: Namespace | null): void;

  /**
   * The handle of a keyed state. Called while the operator opens, once per name; after a restore this is where a
   * changed type is migrated or refused by name. `namespaced` states follow the current namespace, others do not.
   */
  keyedState<D extends KeyedStateDeclaration>(name: string, declaration: D, options?: { readonly namespaced?: boolean }): StateOf<D>;
  /** Accumulators by window and key, for the window operators. Called while the operator opens. Snapshots hold them in the form that `form` says. */
  windowTable<Acc>(name: string, accumulatorType: TypeInfo<Acc>, form?: StoredForm): WindowTable<Acc>;
  /** The timers of the operator, kept by key group and snapshotted with the state. */
  timers(name: string, handler: TimerHandler): Timers;
  /** A list that belongs to the subtask; `union` hands all elements to all subtasks on restore. */
  operatorList<T>(name: string, type: TypeInfo<T>, mode: 'list' | 'union'): OperatorListState<T>;
  /** A map that every subtask holds in full. */
  broadcast<K, V>(name: string, declaration: BroadcastDeclaration<K, V>): BroadcastState<K, V>;

  /** Visits every key that has a value in the named state, with that key current. */
  forEachKey(name: string, visit: (key: unknown) => void): void;
  /** Entries in all keyed states, for metrics. */
  readonly size: number;

  /**
   * Called with the parts of a checkpoint that fall to this subtask, before `open` declares the states. What is
   * outside the subtask's key groups is skipped.
   */
  restore(snapshots: readonly OperatorSnapshot[]): void;
  /** The watermark floor that the restored parts agree on (the lowest of theirs); -Infinity without a restore. */
  readonly restoredWatermark: number;
  /**
   * Names of restored states that the job has not declared, once the operator is open. The runtime stops the start by
   * their names or drops them; what is neither declared nor dropped is kept, and lives on in every further snapshot.
   */
  unclaimedStates(): readonly string[];
  /** Forgets restored states that the job has not declared. Called after `open`, before the first record. */
  dropUnclaimedStates(names: readonly string[]): void;
  /** Fixes the contents of snapshot `checkpointId`. Takes a few milliseconds at most; one snapshot at a time. */
  beginSnapshot(checkpointId: number): SnapshotRun;
  /**
   * Checkpoint `checkpointId` is complete, so a later snapshot may be a delta to it. May be skipped for some, and may
   * come twice; without it every snapshot is a base.
   */
  snapshotComplete(checkpointId: number): void;
  /** Event time has advanced to `watermark`: what event-time TTL counts by. */
  advanceWatermark(watermark: number): void;
  /** Does up to `budgetMs` of background work (expiry, compaction) and says whether there is more. */
  maintain(budgetMs: number): 'done' | 'more';
  /** Frees everything. */
  close(): void;
}

/** What a backend is made for. */
export interface StateBackendOptions {
  readonly operatorUid: string;
  /** For messages; the uid when not given. */
  readonly operatorName?: string;
  /** The key groups of the subtask; `last < first` for an operator without keys. */
  readonly keyGroups: KeyGroupRange;
  readonly maxParallelism: number;
  /** The type of keys; any value that can be a key when not given. */
  readonly keyType?: TypeInfo | undefined;
  readonly clock: Clock;
  /** Which of the parallel instances it is, for lists that are dealt out at a restore; 0 of 1 when not given. */
  readonly subtask?: number;
  readonly parallelism?: number;
  /** Check mode: finds values that were changed without update, and refuses at once what cannot be encoded. */
  readonly check?: boolean;
  /** Whether snapshots may be deltas; true unless said otherwise. */
  readonly incremental?: boolean;
  /** Bytes that the deltas of all key groups together may have however small the bases are; 64 KB unless told otherwise. */
  readonly smallChainBytes?: number;
  /** Where blobs that lie in files are read at a restore; needed only where there are any. */
  readonly files?: Files;
}

/** Makes the state of one operator in one subtask: how a job chooses where its state lives. */
export interface StateBackendFactory {
  /** The name as users choose it, e.g. `heap`. */
  readonly name: string;
  create(options: StateBackendOptions): StateBackend;
}

/** The budget of a slice of a snapshot that no record waits behind. With so much it may also wait for the disk. */
export const PATIENT_SLICE_MS = 4;

/** A snapshot being written. */
export interface SnapshotRun {
  /** Encodes for about `budgetMs` and says whether there is more; see {@link PATIENT_SLICE_MS}. An error names the state and key that cannot be encoded. */
  advance(budgetMs: number): 'done' | 'more';
  /** The result, once `advance` said done. */
  result(): OperatorSnapshot;
  /** Gives the snapshot up; the state goes on as if it had never begun. */
  cancel(): void;
}

/** How values lie in snapshots where that is not how they lie in memory. */
export interface StoredForm {
  /** Most values are numbers, which then lie in the table itself; `toStored` puts a number alone into an array. */
  readonly numbers: boolean;
  toStored(value: unknown): unknown;
  fromStored(stored: unknown): unknown;
}

/**
 * Accumulators grouped by window, then by key, so that firing a window drops one pane. The hot loop of a window
 * operator is `pane.slot(key)`, then `pane.touch(slot)` before it reads or changes `pane.values[slot]`.
 */
export interface WindowTable<Acc> {
  /** The pane of a window, made when there is none. Keep it only until the window is dropped. */
  pane(start: number, end: number): Pane<Acc>;
  /** The pane of a window, if there is one. */
  existingPane(start: number, end: number): Pane<Acc> | undefined;
  /** Drops a window with all its keys. Its accumulators must not be changed any more: a running snapshot may still have to write them. */
  dropPane(pane: Pane<Acc>): void;
  /** All panes, in no order. Panes may be dropped while they are visited. */
  panes(): Iterable<Pane<Acc>>;
}

/** The accumulators of one window. Slots are small integers that stay with their key until it is removed. */
export interface Pane<Acc> {
  readonly start: number;
  readonly end: number;
  /** Number of keys. */
  readonly size: number;
  /** Accumulators by slot. Read or write only after `slot`/`insert` and `touch`. */
  readonly values: Acc[];
  /** The slot of a key, or -1. */
  slot(key: unknown): number;
  /** Adds a key that has no slot yet. The new slot needs no touch. */
  insert(key: unknown, accumulator: Acc): number;
  /** Must be called before the accumulator in `slot` is read for changing or replaced: writes the pre-image for a running snapshot and marks the slot dirty. */
  touch(slot: number): void;
  remove(key: unknown): void;
  /** The key in a slot (as the user gave it), or undefined in a free slot. Slots run from 0 to `slotLimit - 1`. */
  keyAt(slot: number): unknown;
  readonly slotLimit: number;
}

/** Called for a due timer, with its key current (and its namespace, when it has one). */
export type TimerHandler = (domain: 'event' | 'processing', time: number, namespace: Namespace | null) => void;

/**
 * Timers on (key, namespace, time), a set per time domain. Registration and deletion work on the current key. A timer
 * leaves the set before its handler runs. Due timers fire in order of (time, key group, registration).
 */
export interface Timers {
  registerEventTime(time: number, namespace: Namespace | null): void;
  deleteEventTime(time: number, namespace: Namespace | null): void;
  registerProcessingTime(time: number, namespace: Namespace | null): void;
  deleteProcessingTime(time: number, namespace: Namespace | null): void;
  /**
   * Fires event-time timers ≤ `watermark`, as long as `mayContinue` says so (it is asked before each timer). Timers
   * that handlers register are fired in the same pass when due.
   */
  fireEventTime(watermark: number, mayContinue: () => boolean): 'done' | 'more';
  /** The same for processing time. */
  fireProcessingTime(now: number, mayContinue: () => boolean): 'done' | 'more';
  /** The earliest processing-time timer, or Infinity. */
  readonly nextProcessingTime: number;
  readonly eventTimeCount: number;
  readonly processingTimeCount: number;
}
