/** What else a record carries, by name. */
export type LogHeaders = readonly (readonly [name: string, value: Uint8Array])[];

/** A record as it is appended. */
export interface NewLogRecord {
  /** What it is about: records of one key can be compacted to the newest one. */
  readonly key?: Uint8Array | undefined;
  /** The content; null says that the key is deleted. */
  readonly value: Uint8Array | null;
  /** Event time in whole epoch milliseconds; none when absent. */
  readonly timestamp?: number | undefined;
  readonly headers?: LogHeaders | undefined;
}

/** A record as it is read. Its bytes belong to the reader and are valid until the next one is read; copy what must stay. */
export interface LogRecord {
  readonly partition: number;
  /** Its number in the partition: 0, 1, 2 …; compaction leaves gaps. */
  readonly offset: number;
  readonly key: Uint8Array | undefined;
  readonly value: Uint8Array | null;
  /** Event time in epoch milliseconds, NaN when it has none. */
  readonly timestamp: number;
  readonly headers: LogHeaders;
}
