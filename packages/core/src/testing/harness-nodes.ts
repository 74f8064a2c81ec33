import { MetricRegistry } from '../base/metrics.js';
import type { Logger, LogFields, LogLevel } from '../base/logger.js';
import type { Operator, Receiver } from '../operators/operator.js';
import type { Flow, OperatorContext, OperatorInfo, TimeControl } from '../operators/operator-context.js';
import type { ChainLink, ChainNode } from '../task/chain-node.js';
import type { FlowControl, InputHolds } from '../task/flow-control.js';
import { OperatorFlow } from '../task/flow-control.js';
import type { OperatorChain } from '../task/operator-chain.js';

/** A message that an operator logged. */
export interface LoggedMessage {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** A logger that keeps what it is told. */
export class KeepingLogger implements Logger {
  readonly messages: LoggedMessage[];
  readonly #fields: LogFields;

  constructor(messages: LoggedMessage[] = [], fields: LogFields = {}) {
    this.messages = messages;
    this.#fields = fields;
  }

  debug(message: string, fields?: LogFields): void {
    this.#keep('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#keep('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#keep('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#keep('error', message, fields);
  }

  isEnabled(): boolean {
    return true;
  }

  child(fields: LogFields): Logger {
    return new KeepingLogger(this.messages, { ...this.#fields, ...fields });
  }

  #keep(level: LogLevel, message: string, fields: LogFields | undefined): void {
    this.messages.push({ level, message, fields: { ...this.#fields, ...fields } });
  }
}

/** A flow that says no at every other question, when told to: an operator must keep its place and go on later. */
export class HarnessFlow implements Flow {
  readonly #flow: OperatorFlow;
  readonly #refuses: boolean;
  #asked: number;

  constructor(control: FlowControl, index: number, holds: InputHolds, refuses: boolean) {
    this.#flow = new OperatorFlow(control, index, holds);
    this.#refuses = refuses;
    this.#asked = 0;
  }

  mayEmit(): boolean {
    if (this.#refuses && ++this.#asked % 2 === 0) return false;
    return this.#flow.mayEmit();
  }

  backlog(): void {
    this.#flow.backlog();
  }

  hold(input?: number): void {
    this.#flow.hold(input);
  }

  release(input?: number): void {
    this.#flow.release(input);
  }
}

/** A node of the harness's chain; the context is put in when all nodes are known. */
export interface HarnessNode extends ChainNode {
  context: OperatorContext;
  children: ChainLink[];
}

/** Makes a node that has not been opened. */
export function harnessNode(index: number, operator: Operator, info: OperatorInfo, watermark: number): HarnessNode {
  return {
    index,
    operator,
    context: undefined as unknown as OperatorContext,
    uid: info.uid,
    name: info.name,
    definedAt: info.definedAt,
    children: [],
    edges: [],
    watermark,
    emittedWatermark: watermark,
    idle: false,
    emittedIdle: false,
    phase: 'ready',
    openInputs: 1,
    deferredWatermark: Number.NEGATIVE_INFINITY,
    deferredIdle: undefined,
    deferredEnds: [],
    wakeAt: Number.POSITIVE_INFINITY,
    merger: undefined,
    backend: undefined,
  };
}

/** The receiver of the operator behind a node: resolved when the operators are open. */
export class LateReceiver implements Receiver {
  readonly #operator: Operator;
  #receiver: Receiver | undefined;

  constructor(operator: Operator) {
    this.#operator = operator;
    this.#receiver = undefined;
  }

  process(value: unknown): void {
    (this.#receiver ??= this.#operator.input(0)).process(value);
  }
}

/** The metrics of one harness. */
export function harnessMetrics(): MetricRegistry {
  return new MetricRegistry(['harness']);
}

/** Time as one operator of the harness sees it. The chain is made after its nodes, so it is asked for later. */
export function timeControl(chain: () => OperatorChain, now: () => number, node: ChainNode): TimeControl {
  return {
    watermark: () => node.watermark,
    now,
    batchNow: now,
    wakeAt: (time) => chain().wakeAt(node, time),
    emitWatermark: (watermark) => chain().emitWatermark(node, watermark),
    emitIdle: (idle) => chain().emitStatus(node, idle),
  };
}
