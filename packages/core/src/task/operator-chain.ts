import { assert } from '../base/assert.js';
import type { Timers } from '../base/platform.js';
import type { EndProgress, Progress, Receiver } from '../operators/operator.js';
import { ACTIVE, IDLE } from '../record/element.js';
import { WatermarkMerger } from '../record/watermark-merger.js';
import type { ChainEntry, ChainNode } from './chain-node.js';
import type { FlowControl } from './flow-control.js';
import type { EdgeOutput } from './output.js';
import type { ControlElement } from './ports.js';
import { closeAll } from './subtask-life-close.js';

/**
 * The operators of one subtask and how everything but records moves through them: watermarks, status, processing time,
 * the end of input.
 *
 * The head comes first, and each operator after those that it reads: mostly one, for an operator with several inputs one
 * each, or a gate. Records go from one to the next by plain calls; the chain is not involved. What an operator cannot finish at once (because an output is full or the turn is over) is its
 * *backlog*; the deepest backlog is resumed first, and nothing new enters the chain before all are done.
 */
export class OperatorChain {
  readonly nodes: readonly ChainNode[];
  readonly outputs: readonly EdgeOutput[];
  /** Processing time as read at the start of the step. */
  batchNow: number;
  readonly #flow: FlowControl;
  /** Operators that make watermarks; looked up at the first chance, when the chain is whole. */
  #watermarkMakers: readonly ChainNode[] | undefined;
  /** All inputs of an operator have ended and it is still to be finished. */
  #isEnding: boolean;
  /** The earliest processing time that an operator asked for. */
  #nextWake: number;

  /** The nodes are added from the end on while the chain is built (`subtask-builder.ts`), each already open. */
  constructor(nodes: readonly ChainNode[], outputs: readonly EdgeOutput[], flow: FlowControl) {
    this.nodes = nodes;
    this.outputs = outputs;
    this.batchNow = 0;
    this.#flow = flow;
    this.#watermarkMakers = undefined;
    this.#isEnding = false;
    this.#nextWake = Number.POSITIVE_INFINITY;
  }

  get head(): ChainNode {
    return this.nodes[0] as ChainNode;
  }

  /** Closes all operators, whatever the others do. Gives the errors. */
  close(timers: Timers): Promise<unknown[]> {
    return closeAll(this.nodes, timers);
  }

  /** The receiver of the head's input. */
  input(index: number): Receiver {
    return this.head.operator.input(index);
  }

  /** What merges the watermarks of a node's inputs (rule 19). */
  mergerOf(node: ChainNode, inputs: number): WatermarkMerger {
    return new WatermarkMerger(
      { emitWatermark: (watermark) => this.#advance(node, watermark), emitStatus: (status) => this.#status(node, status === 'idle') },
      { channels: inputs, floor: node.watermark, over: 'inputs' },
    );
  }

  /** Event time at an input has advanced: at the head's, unless given. */
  advanceWatermark(watermark: number, { node, input }: ChainEntry = { node: this.head, input: 0 }): void {
    if (node.merger === undefined) this.#advance(node, watermark);
    else node.merger.advance(input, watermark);
  }

  /** An input has become idle or active: the head's, unless given. */
  changeStatus(idle: boolean, { node, input }: ChainEntry = { node: this.head, input: 0 }): void {
    if (node.merger === undefined) this.#status(node, idle);
    else node.merger.setIdle(input, idle);
  }

  /** An operator that owns its watermarks emits one. Behind one that is finished the end has been told. */
  emitWatermark(node: ChainNode, watermark: number): void {
    if (node.phase !== 'finished') this.#forward(node, watermark);
  }

  /** An operator that owns its watermarks has become idle or active. */
  emitStatus(node: ChainNode, idle: boolean): void {
    this.#forwardStatus(node, idle);
  }

  /** Gives every operator that makes watermarks a chance to emit one: after each batch. */
  watermarkChance(): void {
    this.#watermarkMakers ??= this.nodes.filter((node) => node.operator.watermarkChance !== undefined);
    for (const node of this.#watermarkMakers) node.operator.watermarkChance?.();
  }

  /** An operator wants to be called at a processing time. */
  wakeAt(node: ChainNode, time: number): void {
    if (node.phase === 'finished') return;
    node.wakeAt = time;
    this.#nextWake = this.#earliestWake();
  }

  /** The earliest processing time that an operator waits for, or Infinity. */
  get nextWake(): number {
    return this.#nextWake;
  }

  /** Calls the operators whose time has come, but for those whose unfinished work it waits for. */
  advanceProcessingTime(now: number): void {
    if (now < this.#nextWake) return;
    for (const node of this.nodes) {
      if (node.wakeAt > now || !this.#takesTime(node)) continue;
      node.wakeAt = Number.POSITIVE_INFINITY;
      if (node.operator.processingTime?.(now) === 'more') this.#flow.setBacklog(node.index, true);
    }
    this.#nextWake = this.#earliestWake();
  }

  /** Goes on with unfinished work, the deepest first. */
  resume(): Progress {
    for (let index = this.#flow.deepestBacklog; index >= 0; index = this.#flow.deepestBacklog) {
      const node = this.nodes[index] as ChainNode;
      assert(node.operator.resume !== undefined, `operator "${node.name}" can resume what it left`);
      const progress = node.operator.resume();
      if (progress === 'more') return 'more';
      this.#flow.setBacklog(index, false);
      this.#nextWake = this.#earliestWake();
      if (progress === 'done') this.#resumed(node);
    }
    return 'done';
  }

  /** One input of an operator has ended: of the head, unless given. `drained`: with the final watermark. */
  inputEnded(input: number, drained: boolean, node: ChainNode = this.head): void {
    if (this.#isUnfinished(node)) {
      node.deferredEnds.push({ input, drained });
      return;
    }
    if (node.operator.inputEnded?.(input, drained) === 'more') this.#flow.setBacklog(node.index, true);
    this.#closeInput(node);
  }

  /** The source at the head has given all. */
  sourceEnded(): void {
    this.#closeInput(this.head);
  }

  /** True when {@link OperatorChain.finishEnded} has something to do. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** An operator that waits at its end for what comes as mail; undefined when there is none. */
  get waitsAtEnd(): ChainNode | undefined {
    return this.nodes.find((node) => (node.phase === 'advancing' || node.phase === 'finishing') && !this.#flow.hasBacklog(node.index));
  }

  /**
   * Finishes the operators whose inputs have all ended, one after the other, and so tells those behind them; others may go on, also
   * while one waits at its end. To be called again while it says more; nothing else is given to the chain meanwhile but `resume`. A stop without drain finishes only those that ask for
   * it (`only`).
   */
  finishEnded(only: (node: ChainNode) => boolean): Progress {
    for (const node of this.nodes) {
      if (node.openInputs === 0 && this.#finishOne(node, only) === 'more') return 'more';
    }
    this.#isEnding = false;
    return 'done';
  }

  /** The same for all operators: all inputs have ended. */
  finish(only: (node: ChainNode) => boolean): EndProgress {
    for (const node of this.nodes) {
      const progress = this.#finishOne(node, only);
      if (progress !== 'done') return progress;
    }
    return 'done';
  }

  /** Tells all operators that a barrier has come, in the order of the records' way. */
  beforeSnapshot(checkpointId: number, stopping: boolean): void {
    for (const node of this.nodes) node.operator.beforeSnapshot?.(checkpointId, stopping);
  }

  checkpointComplete(checkpointId: number): void {
    for (const node of this.nodes) {
      node.operator.checkpointComplete?.(checkpointId);
      node.backend?.snapshotComplete(checkpointId);
    }
  }

  /** Sends a control element to everything behind the chain. */
  broadcast(element: ControlElement): void {
    for (const output of this.outputs) output.broadcast(element);
  }

  /** Lets each operator's state do some of its own upkeep (expiry, compaction). */
  maintain(budgetMs: number): void {
    for (const node of this.nodes) node.backend?.maintain(budgetMs);
  }

  flushOutputs(): void {
    for (const output of this.outputs) output.flush();
  }

  #closeInput(node: ChainNode): void {
    node.openInputs--;
    if (node.openInputs === 0) this.#isEnding = true;
  }

  #finishOne(node: ChainNode, only: (node: ChainNode) => boolean): EndProgress {
    if (node.phase === 'finished') return 'done';
    if (this.#flow.deepestBacklog >= 0) return 'more';
    if (node.phase !== 'ready') return 'waiting';
    node.phase = 'finishing';
    const progress = only(node) ? (node.operator.finish?.() ?? 'done') : 'done';
    if (progress === 'more') this.#flow.setBacklog(node.index, true);
    else if (progress === 'done') this.#finished(node);
    // Those behind it may have left something, too, when they were told of the end.
    return this.#flow.deepestBacklog >= 0 ? 'more' : progress;
  }

  /** Something is still to be done, or waited for, before the operator can be given more. */
  #isUnfinished(node: ChainNode): boolean {
    return this.#flow.hasBacklog(node.index) || node.phase === 'advancing';
  }

  #advance(node: ChainNode, watermark: number): void {
    if (watermark <= node.watermark) return;
    if (this.#isUnfinished(node)) {
      node.deferredWatermark = Math.max(node.deferredWatermark, watermark);
      return;
    }
    node.watermark = watermark;
    if (node.operator.ownsWatermarks !== true) node.backend?.advanceWatermark(watermark);
    if (node.operator.advance !== undefined) {
      node.phase = 'advancing';
      const progress = node.operator.advance(watermark);
      if (progress === 'more') this.#flow.setBacklog(node.index, true);
      if (progress !== 'done') return;
      node.phase = 'ready';
    }
    this.#pass(node);
  }

  /** The operator has worked off its watermark: pass it on, unless it makes its own. */
  #pass(node: ChainNode): void {
    if (node.operator.ownsWatermarks === true && node.watermark !== Number.POSITIVE_INFINITY) return;
    this.#forward(node, node.watermark);
  }

  #forward(node: ChainNode, watermark: number): void {
    if (watermark <= node.emittedWatermark) return;
    node.emittedWatermark = watermark;
    // What a restart goes on from is the event time behind the operator, which for some is their own.
    if (node.operator.ownsWatermarks === true) node.backend?.advanceWatermark(watermark);
    for (const child of node.children) this.advanceWatermark(watermark, child);
    for (const edge of node.edges) edge.watermark(watermark);
  }

  #resumed(node: ChainNode): void {
    if (node.phase === 'advancing') {
      node.phase = 'ready';
      this.#pass(node);
    } else if (node.phase === 'finishing') {
      this.#finished(node);
    }
    const { deferredWatermark, deferredIdle } = node;
    node.deferredWatermark = Number.NEGATIVE_INFINITY;
    node.deferredIdle = undefined;
    // Around the watermark, since that of an idle stream counts for nothing.
    if (deferredIdle === false) this.#status(node, false);
    if (deferredWatermark !== Number.NEGATIVE_INFINITY) this.#advance(node, deferredWatermark);
    if (deferredIdle === true) this.#status(node, true);
    while (node.deferredEnds.length > 0 && !this.#isUnfinished(node)) {
      const [{ input, drained }] = node.deferredEnds.splice(0, 1) as [ChainNode['deferredEnds'][number]];
      this.inputEnded(input, drained, node);
    }
  }

  /** Whoever is finished gives nothing more: behind it the end has been told, so its timers must not fire either. */
  #finished(node: ChainNode): void {
    node.phase = 'finished';
    node.wakeAt = Number.POSITIVE_INFINITY;
    this.#nextWake = this.#earliestWake();
    const drained = node.emittedWatermark === Number.POSITIVE_INFINITY;
    for (const child of node.children) this.inputEnded(child.input, drained, child.node);
  }

  /** Like a watermark, a status does not overtake results: behind it others advance, for which they would then be late. */
  #status(node: ChainNode, idle: boolean): void {
    if (this.#isUnfinished(node)) {
      node.deferredIdle = idle;
      return;
    }
    if (node.idle === idle) return;
    node.idle = idle;
    node.operator.statusChanged?.(idle);
    if (node.operator.ownsWatermarks !== true) this.#forwardStatus(node, idle);
  }

  #forwardStatus(node: ChainNode, idle: boolean): void {
    node.emittedIdle = idle;
    for (const child of node.children) this.changeStatus(idle, child);
    for (const edge of node.edges) edge.broadcast(idle ? IDLE : ACTIVE);
  }

  /** An operator is not called for its time before its unfinished work is done, and that of those that it gives records to, unless it asks for it. */
  #takesTime(node: ChainNode): boolean {
    const deepest = this.#flow.deepestBacklog;
    if (deepest < node.index || node.operator.takesTimeUnfinished === true) return true;
    return !this.#flow.hasBacklog(node.index) && (deepest === node.index || !this.#isUnfinishedBehind(node));
  }

  #isUnfinishedBehind({ children }: ChainNode): boolean {
    return children.some(({ node }) => this.#flow.hasBacklog(node.index) || this.#isUnfinishedBehind(node));
  }

  #earliestWake(): number {
    let earliest = Number.POSITIVE_INFINITY;
    // While a chain opens, from its end, the operators before are not there yet.
    for (const node of this.nodes as readonly (ChainNode | undefined)[]) if (node !== undefined && node.wakeAt < earliest && this.#takesTime(node)) earliest = node.wakeAt;
    return earliest;
  }
}
