import type { DataStream, StreamEnvironment } from 'millrace';
import type { NexmarkEvent } from '../model.js';

/** What a query is built on. */
export interface NexmarkJob {
  readonly env: StreamEnvironment;
  /** All events, with timestamps and watermarks. */
  readonly events: DataStream<NexmarkEvent>;
  /** A folder of the query's own, for the one that writes files. */
  readonly folder: string;
  /** Takes the rows of the query. */
  output<Row>(rows: DataStream<Row>): void;
}

/** A query of the benchmark: a job on the stream of events. */
export interface Query {
  /** `q0` to `q22`. */
  readonly name: string;
  /** What it asks. */
  readonly title: string;
  /** `updates`: rows are {@link Update}s of a table; `files`: they are in the folder; else each row stands for itself. */
  readonly results: 'rows' | 'updates' | 'files';
  /** True when rows depend on the clock of the machine. */
  readonly byClock?: boolean;
  build(job: NexmarkJob): void;
}

/** A change of a table that a query keeps up to date: the row of a key is new, or another one. */
export interface Update<Key, Row> {
  readonly kind: 'insert' | 'update';
  readonly key: Key;
  readonly row: Row;
}
