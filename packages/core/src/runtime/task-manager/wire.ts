/**
 * How the messages of `messages.ts` travel between threads. What belongs to users (splits, rows) goes through the dynamic
 * codec, which keeps the whole value domain; the bytes of snapshots change hands without a copy; errors become plain data.
 */
import { ByteReader, ByteWriter } from '../../base/bytes.js';
import { hasOwnMemory } from '../../base/own-memory.js';
import type { LogFields } from '../../base/logger.js';
import type { Transfer } from '../../base/platform-threads.js';
import type { ParallelismSettings } from '../../graph/rescaled-graph.js';
import { codecFor } from '../../record/codec/codec.js';
import type { KeyGroupBlob, OperatorSnapshot } from '../../state/operator-snapshot.js';
import type { Split } from '../../connector/source.js';
import type { RestoredSubtask, SubtaskSnapshot } from '../../task/ports.js';
import { errorFromMessage, errorToMessage, type ErrorMessage } from './error-message.js';
import type { DeployMessage, FromTaskManager, ToTaskManager } from './messages.js';

const VALUES = codecFor<unknown>({ kind: 'dynamic' });

/** Data of users as they travel. */
type Packed = Uint8Array;

/** A command as it travels; `peers` names the task managers that the ports beside a `deploy` lead to. */
export type CommandOnWire =
  /** A new attempt begins: the job is to be built anew, with this parallelism. */
  | { readonly kind: 'begin'; readonly parallelism: ParallelismSettings }
  | { readonly kind: 'deploy'; readonly deploy: Omit<DeployMessage, 'restored'>; readonly restored: RestoredSubtask | undefined; readonly peers: readonly number[] }
  | { readonly kind: 'addSplits' | 'restoreSplits'; readonly subtask: number; readonly splits: Packed }
  | { readonly kind: 'close'; readonly reason: ErrorMessage | undefined }
  | Exclude<ToTaskManager, { readonly kind: 'deploy' | 'addSplits' | 'restoreSplits' | 'close' }>;

/** A report as it travels. Output of a whole turn goes in one message: alternately a channel (null for print) and a row. */
export type EventOnWire =
  | { readonly kind: 'acknowledged'; readonly subtask: number; readonly checkpointId: number; readonly operators: readonly OperatorSnapshot[]; readonly source: Packed | undefined; readonly metrics: SubtaskSnapshot['metrics'] }
  | { readonly kind: 'failed'; readonly error: ErrorMessage }
  | { readonly kind: 'closed'; readonly errors: readonly ErrorMessage[]; readonly report: Extract<FromTaskManager, { readonly kind: 'closed' }>['report'] }
  | { readonly kind: 'output'; readonly rows: Packed }
  | { readonly kind: 'log'; readonly level: Extract<FromTaskManager, { readonly kind: 'log' }>['level']; readonly message: string; readonly fields: readonly (readonly [name: string, value: unknown])[] }
  | { readonly kind: 'uncaught'; readonly error: ErrorMessage; readonly unhandledRejection: boolean }
  | Exclude<FromTaskManager, { readonly kind: 'acknowledged' | 'failed' | 'closed' | 'print' | 'row' | 'log' }>;

/** A message and what changes hands with it. */
export interface WireMessage<T> {
  readonly message: T;
  readonly transfer: Transfer;
}

const NOTHING: Transfer = Object.freeze({});

/** Packs a command other than `deploy`. */
export function packCommand(message: Exclude<ToTaskManager, DeployMessage>): CommandOnWire {
  if (message.kind === 'addSplits' || message.kind === 'restoreSplits') return { kind: message.kind, subtask: message.subtask, splits: packValue(message.splits) };
  if (message.kind === 'close') return { kind: 'close', reason: message.reason === undefined ? undefined : errorToMessage(message.reason) };
  return message;
}

/** Packs a `deploy` for a task manager that needs only these key groups; their bytes are copied and change hands. */
export function packDeploy(deploy: DeployMessage, peers: readonly number[], needs: (keyGroup: number, operatorUid: string) => boolean): WireMessage<CommandOnWire> {
  const buffers: ArrayBuffer[] = [];
  const { restored, ...rest } = deploy;
  const copy = (bytes: Uint8Array): Uint8Array => {
    const own = new Uint8Array(bytes);
    buffers.push(own.buffer);
    return own;
  };
  const operators = new Map<string, readonly OperatorSnapshot[]>();
  for (const [uid, snapshots] of restored?.operators ?? []) {
    operators.set(uid, snapshots.map((snapshot): OperatorSnapshot => ({
      ...snapshot,
      keyGroups: snapshot.keyGroups.filter((blob) => needs(blob.keyGroup, uid)).map((blob): KeyGroupBlob => (blob.bytes === undefined ? blob : { ...blob, bytes: copy(blob.bytes) })),
      operatorState: snapshot.operatorState === undefined ? undefined : copy(snapshot.operatorState),
    })));
  }
  return { message: { kind: 'deploy', deploy: rest, restored: restored === undefined ? undefined : { ...restored, operators }, peers }, transfer: { buffers } };
}

/** A command as it was before it travelled, but for `begin` and for `deploy`, whose ports come beside it. */
export function unpackCommand(message: Exclude<CommandOnWire, { readonly kind: 'begin' | 'deploy' }>): Exclude<ToTaskManager, DeployMessage> {
  switch (message.kind) {
    case 'addSplits':
      return { kind: 'addSplits', subtask: message.subtask, splits: unpackValue(message.splits) as readonly Split[] };
    case 'restoreSplits':
      return { kind: 'restoreSplits', subtask: message.subtask, splits: unpackValue(message.splits) as readonly unknown[] };
    case 'close':
      return { kind: 'close', reason: message.reason === undefined ? undefined : errorFromMessage(message.reason) };
    default:
      return message;
  }
}

/** Packs what a task manager says; `print` and `row` are gathered by `output-buffer.ts`. */
export function packEvent(message: Exclude<FromTaskManager, { readonly kind: 'print' | 'row' }>): WireMessage<EventOnWire> {
  switch (message.kind) {
    case 'acknowledged':
      return packSnapshot(message.subtask, message.checkpointId, message.snapshot);
    case 'failed':
      return { message: { kind: 'failed', error: errorToMessage(message.error) }, transfer: NOTHING };
    case 'closed':
      return { message: { ...message, errors: message.errors.map((error) => errorToMessage(error)) }, transfer: NOTHING };
    case 'log':
      return { message: { ...message, fields: packFields(message.fields) }, transfer: NOTHING };
    default:
      return { message, transfer: NOTHING };
  }
}

/** What a task manager said, but for output and what the thread says of itself. */
export function unpackEvent(message: Exclude<EventOnWire, { readonly kind: 'output' | 'uncaught' }>): FromTaskManager {
  switch (message.kind) {
    case 'acknowledged': {
      const { subtask, checkpointId, operators, source, metrics } = message;
      return { kind: 'acknowledged', subtask, checkpointId, snapshot: { operators, source: source === undefined ? undefined : (unpackValue(source) as SubtaskSnapshot['source']), metrics } };
    }
    case 'failed':
      return { kind: 'failed', error: errorFromMessage(message.error) };
    case 'closed':
      return { ...message, errors: message.errors.map(errorFromMessage) };
    case 'log':
      return { ...message, fields: unpackFields(message.fields) };
    default:
      return message;
  }
}

/** Any value of the domain as bytes in a buffer of their own. */
export function packValue(value: unknown): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter();
  VALUES.encode(value, writer);
  return writer.toBytes();
}

/** What `packValue` packed. */
export function unpackValue(bytes: Uint8Array): unknown {
  return VALUES.decode(new ByteReader(bytes));
}

/** The task manager has no more use for the bytes of a snapshot, so they need not be copied: of many megabytes that would be the longest pause of a checkpoint. */
function packSnapshot(subtask: number, checkpointId: number, snapshot: SubtaskSnapshot): WireMessage<EventOnWire> {
  const buffers = new Set<ArrayBuffer>();
  const move = (bytes: Uint8Array): Uint8Array => {
    const own = hasOwnMemory(bytes) && !buffers.has(bytes.buffer) ? bytes : new Uint8Array(bytes);
    buffers.add(own.buffer);
    return own;
  };
  const operators = snapshot.operators.map((operator): OperatorSnapshot => ({
    ...operator,
    keyGroups: operator.keyGroups.map((blob): KeyGroupBlob => (blob.bytes === undefined ? blob : { ...blob, bytes: move(blob.bytes) })),
    operatorState: operator.operatorState === undefined ? undefined : move(operator.operatorState),
  }));
  const source = snapshot.source === undefined ? undefined : packValue(snapshot.source);
  return { message: { kind: 'acknowledged', subtask, checkpointId, operators, source, metrics: snapshot.metrics }, transfer: { buffers: [...buffers] } };
}

/** Fields of a log message are for reading: errors stay errors, what cannot travel becomes text. */
function packFields(fields: LogFields | undefined): readonly (readonly [string, unknown])[] {
  return Object.entries(fields ?? {}).map(([name, value]) => [name, value instanceof Error ? { error: errorToMessage(value) } : { value: plain(value) }] as const);
}

function unpackFields(fields: readonly (readonly [string, unknown])[]): LogFields | undefined {
  if (fields.length === 0) return undefined;
  return Object.fromEntries(
    fields.map(([name, packed]) => {
      const field = packed as { readonly error?: ErrorMessage; readonly value?: unknown };
      return [name, field.error === undefined ? field.value : errorFromMessage(field.error)];
    }),
  );
}

function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return typeof value === 'function' || typeof value === 'symbol' ? String(value) : value;
  try {
    return JSON.parse(JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? String(part) : part))) as unknown;
  } catch {
    return String(value);
  }
}
