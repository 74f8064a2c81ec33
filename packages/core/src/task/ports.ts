/**
 * What a subtask needs from whoever runs it: channels, a coordinator, state and the platform. The runtime of this
 * package, and later other runners, implement these ports; a subtask sees nothing else of them.
 */
import type { Logger } from '../base/logger.js';
import type { MetricGroup } from '../base/metrics.js';
import type { Platform } from '../base/platform.js';
import type { SubtaskCheckpointMetrics } from '../checkpoint/checkpoint-stats.js';
import type { BarrierElement, EndOfInputElement, StreamElement, WatermarkElement, WatermarkStatusElement } from '../record/element.js';
import type { RecordBatch } from '../record/record-batch.js';
import type { TypeInfo } from '../record/types/type-info.js';
import type { KeyGroupRange, StateBackend } from '../state/backend.js';
import type { OperatorSnapshot } from '../state/operator-snapshot.js';

/** Everything that travels in a channel besides batches. */
export type ControlElement = WatermarkElement | WatermarkStatusElement | BarrierElement | EndOfInputElement;

/**
 * The sending end of one channel. Elements arrive in the order of the calls. Nothing is ever refused: what one record
 * gives may overdraw the credit, and the subtask then takes no further record until there is credit again.
 */
export interface ChannelWriter {
  /** An empty batch to fill. The caller owns it until it sends it. */
  newBatch(): RecordBatch;
  /**
   * Told when all records are literals of these fields, in this order, that nobody changes before they are sent: it need not look whether they are. True when
   * it takes batches of them as columns of numbers, too.
   */
  recordsHave?(fields: readonly string[]): boolean;
  /** Sends a batch and takes one credit; the batch belongs to the channel from now on. */
  sendBatch(batch: RecordBatch): void;
  /** Sends a control element; these need no credit. */
  send(element: ControlElement): void;
  /** False when the receiver has not yet worked off what it was sent. */
  readonly hasCredit: boolean;
  /** Bytes sent so far: a plain counter. 0 where batches change hands without becoming bytes. */
  readonly bytesSent: number;
  /** The share of the credit that is used, 0 to 1. */
  readonly creditUsage: number;
  /** Sets the one listener that is called whenever credit has come back after there was none. */
  onCredit(listener: () => void): void;
}

/** The receiving end of one channel. */
export interface ChannelReader {
  /** The next element, or undefined when there is none at the moment. */
  poll(): StreamElement | undefined;
  /** Gives a processed batch back: its credit returns to the sender. */
  release(batch: RecordBatch): void;
  /** Bytes that have come so far: a plain counter. 0 where batches change hands without becoming bytes. */
  readonly bytesReceived: number;
  /** Batches that wait to be taken. */
  readonly waitingBatches: number;
  /** How full the channel is, 0 to 1. */
  readonly fillLevel: number;
  /** Sets the one listener that is called when an element has come into the empty channel. */
  onElement(listener: () => void): void;
}

/** What a subtask tells the coordinator. None of these calls answers at once, and none throws. */
export interface TaskCoordinator {
  /** A source reader wants another split. */
  requestSplit(finished: readonly string[]): void;
  /** The snapshot for a checkpoint is complete. */
  acknowledge(checkpointId: number, snapshot: SubtaskSnapshot): void;
  /** The watermarks of a source's splits, for alignment within a group. */
  reportWatermark(group: string, watermark: number): void;
}

/** What one subtask gives for a checkpoint. */
export interface SubtaskSnapshot {
  readonly operators: readonly OperatorSnapshot[];
  /** The splits of its source with their positions, as plain data; undefined when it has no source. */
  readonly source: SourceSubtaskSnapshot | undefined;
  /** How the subtask fared. */
  readonly metrics: SubtaskCheckpointMetrics;
}

/** The part of a source in a subtask's snapshot. */
export interface SourceSubtaskSnapshot {
  readonly uid: string;
  /** Each split with its position and watermark, as plain data the dynamic codec can carry. */
  readonly splits: readonly unknown[];
}

/** Everything around a subtask. */
export interface SubtaskEnvironment {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly metrics: MetricGroup;
  readonly signal: AbortSignal;
  readonly coordinator: TaskCoordinator;
  readonly job: string;
  readonly attempt: number;
  /** Number of the run on its checkpoint directory. */
  readonly epoch: number;
  readonly settings: TaskSettings;
  /** Makes the state of one operator. */
  createState(request: StateRequest): StateBackend;
  /** Shows text on the program's output, in order. */
  print(text: string, row: unknown): void;
  /** Hands a row to the program that runs the job. */
  emitRow(channel: string, row: unknown): void;
  /** Asks for another call of `step`, soon. May be called at any time from the subtask's thread. */
  wake(): void;
}

/** Whose state is to be made. */
export interface StateRequest {
  readonly operatorUid: string;
  readonly operatorName: string;
  readonly keyGroups: KeyGroupRange;
  readonly maxParallelism: number;
  readonly subtask: number;
  readonly parallelism: number;
  /** True when the restored lists are all its own, and are not dealt out. */
  readonly restoresOwn?: boolean;
  /** Undefined when the operator keeps no state by key. */
  readonly keyType: TypeInfo | undefined;
}

/** What a subtask goes on from. */
export interface RestoredSubtask {
  /** Snapshots of all former subtasks by operator uid. */
  readonly operators: ReadonlyMap<string, readonly OperatorSnapshot[]>;
  /** Operators (`uid`) and single states (`uid/state`) that may be dropped. */
  readonly dropState: readonly string[];
  /**
   * True when this subtask starts again while others go on: then it takes what its own former self has left, the n-th
   * snapshot of each operator, and nobody else does.
   */
  readonly own?: boolean;
}

/** The settings of a run that reach the subtask. */
export interface TaskSettings {
  readonly check: boolean;
  readonly checkpoints: boolean;
  /** True when all sources of the job end by themselves. */
  readonly bounded: boolean;
  readonly watermarkIntervalMs: number;
  /** A chance to emit a watermark after every record, for golden jobs and tests. */
  readonly watermarkPerRecord: boolean;
  /** Longest time a record waits in a batch that is not full. */
  readonly bufferTimeoutMs: number;
  /** Work of a receiver, in time, that may be in flight between two threads. */
  readonly bufferTargetMs: number;
  /** Records per batch. */
  readonly batchSize: number;
  /** Limits of a record for sources that set none of their own. */
  readonly recordLimits?: { readonly maxBytes: number; readonly maxDepth: number };
  /** Whether operators that follow one another become one generated function. Never in check mode. */
  readonly generateCode: boolean;
  /** False: each snapshot is whole. */
  readonly incremental: boolean;
  /** Where keyed state lives; on the heap unless given. */
  readonly stateBackend?: 'heap' | 'log';
  /** Where state on disk is worked on; a temporary directory unless given. */
  readonly stateDirectory?: string | undefined;
}
