import type { Sink } from '../../connector/sink.js';

/** Drops every record: for jobs that are run for their metrics or side effects, and for benchmarks. */
export function discardSink<T = unknown>(): Sink<T, never, never> {
  return {
    kind: 'discard',
    guarantee: 'exactly-once',
    restartsAlone: true,
    createWriter: () => ({
      write: () => undefined,
      close: () => undefined,
    }),
  };
}
