import type { Sink, SinkWriter, WriterContext } from '../../connector/sink.js';

/**
 * Hands every row to the program that runs the job, under the name of a channel: what `executeAndCollect()` reads. Rows
 * come as they are written, before any checkpoint, so after a restart some come again.
 */
export function collectSink<T>(channel: string): Sink<T, never, never> {
  return {
    kind: 'collect',
    guarantee: 'at-least-once',
    restartsAlone: true,
    createWriter: (context) => new CollectWriter<T>(channel, context),
  };
}

class CollectWriter<T> implements SinkWriter<T, never, never> {
  readonly #channel: string;
  readonly #context: WriterContext;

  constructor(channel: string, context: WriterContext) {
    this.#channel = channel;
    this.#context = context;
  }

  write(value: T): void {
    this.#context.emitRow(this.#channel, value);
  }

  close(): void {}
}
