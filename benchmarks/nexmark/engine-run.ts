import { boundedOutOfOrderness, StreamEnvironment, type ExecuteOptions, type JobHandle } from 'millrace';
import type { Sink } from 'millrace/spi';
import type { Query } from './queries/query.js';
import { nexmark } from './source.js';

/** A run of a query on the engine. */
export interface EngineRun {
  readonly query: Query;
  readonly events: number;
  /** Events per second; as fast as can be unless given. */
  readonly rate?: number;
  /** Told how far the source is: `NexmarkSourceOptions`. */
  readonly onProgress?: (events: number) => void;
  /** Where a query puts its files. */
  readonly folder: string;
  /** The sink of an output of the query. */
  readonly sink: (name: string) => Sink<object>;
  readonly options?: ExecuteOptions;
}

/** Starts a query in this thread, as a user would. */
export function startQuery({ options = {}, ...run }: EngineRun): JobHandle {
  const env = StreamEnvironment.create();
  buildQuery(env, run);
  return env.executeAsync(run.query.name, options);
}

/** Puts a query with its source and sinks into a job. */
export function buildQuery(env: StreamEnvironment, { query, events, rate, onProgress, folder, sink }: Omit<EngineRun, 'options'>): void {
  const stream = env.fromSource(nexmark({ events, ...(rate === undefined ? {} : { rate }), ...(onProgress === undefined ? {} : { onProgress }) }), {
    name: 'nexmark',
    uid: 'nexmark',
    // The source brings the timestamps.
    watermarks: boundedOutOfOrderness('4 s'),
  });
  let outputs = 0;
  query.build({
    env,
    events: stream,
    folder,
    output(rows) {
      const name = `rows-${++outputs}`;
      rows.sinkTo(sink(name) as Sink<unknown>, { name, uid: name });
    },
  });
}

/** A sink that hands every row to `take`: nothing between the engine and whoever counts. */
export function takingSink(take: (row: object) => void): Sink<object> {
  return { kind: 'taking', guarantee: 'at-least-once', createWriter: () => ({ write: take, close() {} }) };
}
