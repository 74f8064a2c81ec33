/** How one subtask fared in one checkpoint. Times in milliseconds. */
export interface SubtaskCheckpointMetrics {
  /** From the trigger by the coordinator until the first barrier was here; for a source, until its snapshot began. */
  readonly startDelayMs: number;
  /** From the first barrier to the last. */
  readonly alignmentMs: number;
  /** In which the state was fixed and no record was worked on. */
  readonly syncMs: number;
  /** From then until the last byte of the snapshot was written, in slices between batches. */
  readonly asyncMs: number;
  /** The longest of these slices, with what the collector and other threads took of it: for so long no record was worked on. */
  readonly longestSliceMs: number;
  /** Bytes of the snapshot. */
  readonly bytes: number;
}

/** What a checkpoint has cost, or why it failed: what `onCheckpoint` is given. Times in milliseconds. */
export interface CheckpointStats {
  readonly checkpointId: number;
  readonly status: 'completed' | 'failed';
  /** When it was triggered, in epoch milliseconds. */
  readonly triggeredAt: number;
  /** From the trigger until it was stored or given up. */
  readonly durationMs: number;
  /** Bytes of all files it needs; 0 for a failed one. */
  readonly bytes: number;
  /** Bytes written for it alone; 0 for a failed one. */
  readonly newBytes: number;
  /** The longest of any subtask that has acknowledged it. */
  readonly startDelayMs: number;
  /** The longest of any subtask that has acknowledged it. */
  readonly alignmentMs: number;
  /** The longest of any subtask that has acknowledged it. */
  readonly syncMs: number;
  /** The longest of any subtask that has acknowledged it. */
  readonly asyncMs: number;
  /** The longest of any subtask that has acknowledged it. */
  readonly longestSliceMs: number;
  /** Why it failed; absent otherwise. */
  readonly failure?: string;
  /** Each subtask that has acknowledged it, by name, in the order of their acknowledgements. */
  readonly subtasks: readonly ({ readonly name: string } & SubtaskCheckpointMetrics)[];
}
