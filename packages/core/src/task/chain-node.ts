import type { Logger } from '../base/logger.js';
import type { MetricGroup } from '../base/metrics.js';
import type { Fusible, StageCode } from '../operators/fusion/stage-code.js';
import type { Operator, Receiver } from '../operators/operator.js';
import type { Flow, Mailbox, OperatorContext, OperatorInfo, RecordContext, TimeControl } from '../operators/operator-context.js';
import type { WatermarkMerger } from '../record/watermark-merger.js';
import type { TypeInfo } from '../record/types/type-info.js';
import type { StateBackend } from '../state/backend.js';
import type { EdgeOutput } from './output.js';

/** What an operator in a chain is doing with the last watermark it was given. */
export type NodePhase = 'ready' | 'advancing' | 'finishing' | 'finished';

/** An input of an operator of a chain, as whoever feeds it sees it: an operator before it, or a gate. */
export interface ChainEntry {
  readonly node: ChainNode;
  readonly input: number;
}

/** An operator that reads another of its chain. */
export interface ChainLink extends ChainEntry {
  /** Counts the records that go this way. */
  readonly counter: { readonly recordsIn: number };
}

/** One operator in its chain: its place there, its outputs and how far event time has come. */
export interface ChainNode {
  readonly index: number;
  readonly operator: Operator;
  readonly context: OperatorContext;
  readonly uid: string;
  readonly name: string;
  readonly definedAt: string | undefined;
  /** Operators that read this one, on any of its outputs. */
  readonly children: readonly ChainLink[];
  /** Edges that read this one, on any of its outputs. */
  readonly edges: readonly EdgeOutput[];
  /** Merges the watermarks of its inputs; undefined with one. */
  merger: WatermarkMerger | undefined;
  /** The watermark the operator works with. */
  watermark: number;
  /** The last watermark that was passed on. */
  emittedWatermark: number;
  idle: boolean;
  /** Whether what was last passed on says that nothing will come for a while. */
  emittedIdle: boolean;
  phase: NodePhase;
  /** Inputs that have not ended yet; a source has one, its reader. */
  openInputs: number;
  /** A watermark that came while earlier work was unfinished; -Infinity when there is none. */
  deferredWatermark: number;
  /** A status that came while earlier work was unfinished. */
  deferredIdle: boolean | undefined;
  /** Inputs that ended while earlier work was unfinished. */
  readonly deferredEnds: { readonly input: number; readonly drained: boolean }[];
  /** When the operator asked to be woken, in processing time; Infinity when it did not. */
  wakeAt: number;
  /** Made when the operator first asks for it. */
  backend: StateBackend | undefined;
}

/** The parts a node's context is made of. */
export interface NodeContextParts {
  readonly info: OperatorInfo;
  readonly record: RecordContext;
  readonly output: Receiver;
  readonly sideOutputs: ReadonlyMap<string, Receiver>;
  readonly flow: Flow;
  readonly time: TimeControl;
  readonly mailbox: Mailbox;
  readonly metrics: MetricGroup;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Makes (at the first call) and gives the operator's state. */
  readonly state: (keyType: TypeInfo | undefined) => StateBackend;
}

/** Drops what nobody reads. */
export class NoOutput implements Receiver {
  process(): void {}
}

/** Hands each record to several receivers, which share the reference. */
export class FanOut implements Fusible {
  readonly #receivers: readonly Receiver[];

  constructor(receivers: readonly Receiver[]) {
    this.#receivers = receivers;
  }

  process(value: unknown): void {
    for (let i = 0; i < this.#receivers.length; i++) (this.#receivers[i] as Receiver).process(value);
  }

  /** A block for each receiver: what one declares must not meet what another does. */
  fuse(code: StageCode, value: string): string {
    return this.#receivers.map((receiver) => `{\n${code.next(receiver, value)}\n}`).join('\n');
  }
}

/** The way into one of several inputs of an operator. It counts, since the operator itself counts over all of its inputs. */
export class InputLink implements Fusible {
  recordsIn: number;
  readonly #receiver: Receiver;

  constructor(receiver: Receiver) {
    this.recordsIn = 0;
    this.#receiver = receiver;
  }

  process(value: unknown): void {
    this.recordsIn++;
    this.#receiver.process(value);
  }

  fuse(code: StageCode, value: string): string {
    return `${code.count(this)}\n${code.next(this.#receiver, value)}`;
  }
}

/** The context of one operator of a chain. */
export class NodeContext implements OperatorContext {
  readonly info: OperatorInfo;
  readonly record: RecordContext;
  readonly output: Receiver;
  readonly flow: Flow;
  readonly time: TimeControl;
  readonly mailbox: Mailbox;
  readonly metrics: MetricGroup;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly #parts: NodeContextParts;

  constructor(parts: NodeContextParts) {
    this.info = parts.info;
    this.record = parts.record;
    this.output = parts.output;
    this.flow = parts.flow;
    this.time = parts.time;
    this.mailbox = parts.mailbox;
    this.metrics = parts.metrics;
    this.logger = parts.logger;
    this.signal = parts.signal;
    this.#parts = parts;
  }

  sideOutput(tag: string): Receiver {
    return this.#parts.sideOutputs.get(tag) ?? new NoOutput();
  }

  hasSideOutput(tag: string): boolean {
    return this.#parts.sideOutputs.has(tag);
  }

  state(keyType?: TypeInfo): StateBackend {
    return this.#parts.state(keyType);
  }
}
