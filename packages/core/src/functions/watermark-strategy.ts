/**
 * How event time is read from a stream and how its progress is declared.
 *
 * A watermark `W` says that no more elements with a timestamp ≤ W are expected. A strategy is plain data plus the
 * user's functions; the source operator (or the mid-stream assigner) turns it into a generator per split.
 */
export interface WatermarkStrategy<T> {
  /** Gives the event timestamp of a record; without it the source's own timestamp counts. */
  readonly timestamp?: TimestampAssigner<T>;
  /** How watermarks are made. */
  readonly watermarks: WatermarkKind<T>;
  /** A split (or stream) silent for this long no longer holds time back. */
  readonly idleAfterMs?: number;
  /** Readers of the group pause splits that are more than the drift ahead of the group's slowest. */
  readonly alignment?: WatermarkAlignment;
  /** The longest silence between two chances to emit; by default the option `watermark.interval` (200 ms). */
  readonly intervalMs?: number;
}

/** Gives the event timestamp of a record in epoch milliseconds; `sourceTimestamp` is undefined when the source has none. */
export type TimestampAssigner<T> = (value: T, sourceTimestamp: number | undefined) => number;

/** Keeps sources of one group within `maxDriftMs` of each other. */
export interface WatermarkAlignment {
  readonly group: string;
  readonly maxDriftMs: number;
}

/** The ways watermarks are made. */
export type WatermarkKind<T> =
  | { readonly kind: 'none' }
  | { readonly kind: 'boundedOutOfOrderness'; readonly boundMs: number }
  /** The timestamp is the processing time at which the record was read; it never goes back. */
  | { readonly kind: 'ingestionTime' }
  | { readonly kind: 'custom'; readonly create: () => WatermarkGenerator<T> };

/**
 * A watermark generator of the user's own, one per split. `onEvent` runs after the record was emitted, so a watermark
 * emitted there (punctuated) covers the record; `onPeriodic` runs at every chance to emit.
 */
export interface WatermarkGenerator<T> {
  onEvent?(value: T, timestamp: number, output: WatermarkOutput): void;
  onPeriodic?(output: WatermarkOutput): void;
}

/** Where a generator puts its watermarks. One that does not advance is swallowed. */
export interface WatermarkOutput {
  emitWatermark(watermark: number): void;
  /** Says that nothing is expected for now, so that this split does not hold the others back. */
  markIdle(): void;
}
