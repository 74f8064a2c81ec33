import type { Sink } from '../connector/sink.js';
import { collectSink } from '../connectors/memory/collect-sink.js';
import { functionSink, type FunctionSinkOptions, type SinkFunction } from '../connectors/memory/function-sink.js';
import { printSink } from '../connectors/memory/print-sink.js';
import { ConnectorInvalid, SettingInvalid } from './errors.js';
import { calledAt, checkPlainFunction } from './function-check.js';
import { NodeDraft } from './node-draft.js';
import type { OperatorOptions } from './operator-options.js';
import { handleOf, type StreamHandle } from './stream-handle.js';

/** Ends a stream in a sink; gives the object that `.name(…)` and the others can be called on. */
export function addSink(stream: StreamHandle, sink: Sink<never>, options: OperatorOptions | undefined, operation: string = 'sinkTo'): unknown {
  if (typeof sink !== 'object' || sink === null || typeof sink.createWriter !== 'function') {
    throw ConnectorInvalid.error({ what: `${operation} was given ${sink === null ? 'null' : `a ${typeof sink}`} that is no sink`, ...calledAt(operation) });
  }
  const { environment } = stream;
  const draft = new NodeDraft(operation, options, { name: sink.kind });
  environment.builder.add({
    kind: 'sink', type: `${sink.kind}-sink`, draft, guarantee: sink.guarantee,
    stateful: sink.createCommitter !== undefined,
    program: { kind: 'sink', sink: sink as unknown as Sink<unknown> },
  }, [stream.origins]);
  return environment.maker.sink(handleOf(environment, draft, stream.type, operation));
}

/** Shows the elements of a stream. */
export function addPrint(stream: StreamHandle, label: string | undefined, options: OperatorOptions | undefined): unknown {
  if (label !== undefined && typeof label !== 'string') {
    throw SettingInvalid.error({ what: `print was given a ${typeof label} as its label, expected a text`, ...calledAt('print') });
  }
  return addSink(stream, printSink(label === undefined ? {} : { prefix: label }) as Sink<never>, options, 'print');
}

/** Calls a function for each element. */
export function addForEach(stream: StreamHandle, fn: SinkFunction<never>, options: (OperatorOptions & FunctionSinkOptions) | undefined): unknown {
  checkPlainFunction(fn, 'forEach');
  return addSink(stream, functionSink(fn, options) as Sink<never>, options, 'forEach');
}

/** Ends a stream in a sink that hands its rows to the program; gives their channel. One instance, so that an order the stream has is kept. */
export function addCollect(stream: StreamHandle): string {
  const channel = `collect:${stream.environment.builder.size}`;
  addSink(stream, collectSink(channel) as Sink<never>, { name: 'collect', parallelism: 1 }, 'executeAndCollect');
  return channel;
}
