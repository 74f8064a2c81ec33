import type { BroadcastDeclarations } from '../functions/process-function.js';
import type { TypeInfo } from '../record/types/type-info.js';
import { ConfigurableStream } from './configurable-stream.js';
import { BroadcastConnectedStreamObject, ConnectedStreamsObject, KeyedBroadcastConnectedStreamObject, KeyedConnectedStreamsObject } from './connected-streams.js';
import { DataStreamObject } from './data-stream.js';
import { KeyedStreamObject } from './keyed-stream.js';
import { SourceStreamObject } from './source-stream.js';
import type { StreamHandle, StreamMaker } from './stream-handle.js';
import type {
  BroadcastConnectedStream, BroadcastStream, ConnectedStreams, DataStream, DataStreamSink, KeyedBroadcastConnectedStream, KeyedConnectedStreams,
  KeyedStream, SourceStream, WindowedStream,
} from './streams.js';
import { WindowedStreamObject } from './windowed-stream.js';

class SinkObject extends ConfigurableStream implements DataStreamSink {
  readonly kind = 'sink';
}

class BroadcastStreamObject implements BroadcastStream<unknown, BroadcastDeclarations> {
  readonly kind = 'broadcast';
  readonly streamHandle: StreamHandle;

  constructor(handle: StreamHandle) {
    this.streamHandle = handle;
  }

  get type(): TypeInfo {
    return this.streamHandle.type;
  }

  get states(): BroadcastDeclarations {
    return this.streamHandle.states!;
  }
}

/** The one place where the kinds of streams meet. The objects know no element types, so each is told here what it is. */
export const STREAM_MAKER: StreamMaker = Object.freeze({
  data: (handle) => new DataStreamObject(handle) as unknown as DataStream<unknown>,
  source: (handle) => new SourceStreamObject(handle) as unknown as SourceStream<unknown>,
  keyed: (handle) => new KeyedStreamObject(handle) as unknown as KeyedStream<unknown, unknown>,
  windowed: (handle, window) => new WindowedStreamObject(handle, window) as unknown as WindowedStream<unknown, unknown>,
  connected: (left, right) => new ConnectedStreamsObject(left, right) as unknown as ConnectedStreams<unknown, unknown>,
  keyedConnected: (left, right) => new KeyedConnectedStreamsObject(left, right) as unknown as KeyedConnectedStreams<unknown, unknown, unknown>,
  broadcast: (handle) => new BroadcastStreamObject(handle),
  broadcastConnected: (left, right) =>
    new BroadcastConnectedStreamObject(left, right) as unknown as BroadcastConnectedStream<unknown, unknown, BroadcastDeclarations>,
  keyedBroadcastConnected: (left, right) =>
    new KeyedBroadcastConnectedStreamObject(left, right) as unknown as KeyedBroadcastConnectedStream<unknown, unknown, unknown, BroadcastDeclarations>,
  sink: (handle) => new SinkObject(handle),
} satisfies StreamMaker);
