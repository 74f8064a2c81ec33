import type { Fusible, StageCode } from '../operators/fusion/stage-code.js';
import type { OperatorInfo, RecordContext } from '../operators/operator-context.js';
import { partialsFailure } from '../operators/windows/partials-failure.js';
import { PreReducer, type PartialSender } from '../operators/windows/pre-reducer.js';
import { MAX_PARTIAL_BATCH_BYTES, type PreReduction } from '../operators/windows/pre-reduction.js';
import { numberShape, type NumberShape } from '../record/number-columns.js';
import type { RecordBatch } from '../record/record-batch.js';
import { IDLE, watermarkElement } from '../record/element.js';
import type { FlowControl } from './flow-control.js';
import { KeyChannels } from './key-channels.js';
import { ALL_CHANNELS, type Partitioner } from './partitioner.js';
import type { ChannelWriter, ControlElement } from './ports.js';

/**
 * The end of a chain: spreads records over the channels of one edge and gathers them into batches.
 *
 * A batch goes off when it is full, when something must overtake no record (a barrier, the end), or at `flush`. A
 * watermark rides at the end of a batch and forces nothing out by itself: records that are not late for it still join the
 * batch, as if the watermark had been made behind them, and a later one takes its place (decision 0043). Without a batch it
 * waits for `flush`.
 */
export class EdgeOutput implements Fusible {
  /** Records sent: a plain counter, read by metrics. */
  recordsOut: number;
  readonly #record: RecordContext;
  readonly #partitioner: Partitioner;
  readonly #channels: readonly OutputChannel[];
  #reducer: PreReducer | undefined;
  /**
   * False once idleness was told: a receiver does not wait for an idle channel, nor for one that is back until it has caught up. What
   * is held would miss its window then, so it goes off with the batches.
   */
  #isWaitedFor: boolean;

  /** `wake` gets the subtask another step: called when credit has come back to an output that was blocked. */
  constructor(record: RecordContext, partitioner: Partitioner, writers: readonly ChannelWriter[], flow: FlowControl, wake: () => void) {
    this.recordsOut = 0;
    this.#record = record;
    this.#partitioner = partitioner;
    this.#channels = writers.map((writer) => new OutputChannel(writer, flow, wake));
    this.#reducer = undefined;
    this.#isWaitedFor = true;
  }

  /** From now on records become partial accumulators of the window `target` before they are sent, where that pays. */
  preReduce(reduction: PreReduction, target: OperatorInfo): void {
    for (const channel of this.#channels) channel.target = target;
    const owners = this.#partitioner instanceof KeyChannels ? this.#partitioner : undefined;
    this.#reducer = new PreReducer({ reduction, target, sender: new PartialsOfEdge(this, this.#channels, owners) });
  }

  process(value: unknown): void {
    this.recordsOut++;
    if (this.#reducer?.take(value, this.#record.timestamp) === true) return;
    const channel = this.#partitioner.channelOf(value);
    if (channel === ALL_CHANNELS) {
      for (const each of this.#channels) each.append(value, this.#record.timestamp);
    } else {
      (this.#channels[channel] as OutputChannel).append(value, this.#record.timestamp);
    }
  }

  /** `process` as text. The timestamp goes straight into the batch: handed to a method, it would be made an object. */
  fuse(code: StageCode, value: string, made?: readonly string[]): string {
    const output = code.part(this);
    const choice = this.#partitioner.fuseChannel?.(code, value);
    // Until they are sent the records lie in batches: nothing but the partitioner has them in its hands meanwhile.
    const isLiteral = made !== undefined && this.#reducer === undefined && this.#partitioner.onlyReads === true;
    const inColumns = isLiteral && this.#channels.map((each) => each.recordsHave(made, choice !== undefined)).includes(true);
    if (choice === undefined) return `${output}.process(${value});`;
    const channel = typeof choice.channel === 'number' ? code.part(this.#channels[choice.channel]) : `${code.part(this.#channels)}[${choice.channel}]`;
    const append = `{
${choice.declare}
const to = ${channel};
let batch = to.open();
if (batch.hasWatermark && !(${code.timestamp} > batch.watermark)) batch = to.begin();
${inColumns ? numbersText(made, value) : `const at = batch.length;\nbatch.values[at] = ${value};`}
batch.timestamps[at] = ${code.timestamp};
batch.length = at + 1;
if (at + 1 === batch.capacity) to.flush();
}`;
    return `{\n${output}.recordsOut++;\n${this.#reducer === undefined ? append : this.#reducer.fuse(code, value, append)}\n}`;
  }

  watermark(watermark: number): void {
    this.#reducer?.watermark(watermark);
    for (const channel of this.#channels) channel.watermark(watermark);
  }

  /** Sends a control element behind everything collected so far, to every channel. */
  broadcast(element: ControlElement): void {
    this.#reducer?.flush();
    if (element === IDLE) this.#isWaitedFor = false;
    for (const channel of this.#channels) channel.send(element);
  }

  /** Bytes sent over all channels. */
  get bytesOut(): number {
    let bytes = 0;
    for (const channel of this.#channels) bytes += channel.writer.bytesSent;
    return bytes;
  }

  /** How much of its credit the fullest channel has used, 0 to 1. */
  get usage(): number {
    let usage = 0;
    for (const channel of this.#channels) usage = Math.max(usage, channel.writer.creditUsage);
    return usage;
  }

  /** Sends what is waiting in batches that are not full. */
  flush(): void {
    if (!this.#isWaitedFor) this.#reducer?.flush();
    for (const channel of this.#channels) channel.flush();
  }
}

/** Sends the partial accumulators of an edge: to the owners of their keys, or to its first channel where there are none. */
class PartialsOfEdge implements PartialSender {
  readonly #edge: EdgeOutput;
  readonly #channels: readonly OutputChannel[];
  readonly #owners: KeyChannels | undefined;

  constructor(edge: EdgeOutput, channels: readonly OutputChannel[], owners: KeyChannels | undefined) {
    this.#edge = edge;
    this.#channels = channels;
    this.#owners = owners;
  }

  send(key: unknown, accumulator: unknown, records: number, time: number, bytes: number): void {
    const channel = this.#owners === undefined ? 0 : this.#owners.ownerOf(key);
    (this.#channels[channel] as OutputChannel).appendPartial(key, accumulator, records, time, bytes);
  }

  isBlocked(): boolean {
    return this.#channels.some((channel) => channel.isBlocked);
  }

  records(): number {
    return this.#edge.recordsOut;
  }
}

/**
 * The statements that put the literal in `value` into its place of the open batch, while all of its fields are numbers into their columns: no object need be
 * there for it then.
 */
function numbersText(fields: readonly string[], value: string): string {
  const numbers = fields.map((name, at) => `const x${at} = ${value}[${JSON.stringify(name)}];`).join('\n');
  return `${numbers}
if (batch.holdsNumbers && (${fields.map((_, at) => `typeof x${at} !== 'number'`).join(' || ')})) to.misfit(batch);
const at = batch.length;
if (batch.holdsNumbers) {
  const { data, stride } = batch.numbers;
  ${fields.map((_, at) => `data[at${at === 0 ? '' : ` + ${at} * stride`}] = x${at};`).join('\n')}
} else {
  batch.values[at] = ${value};
}`;
}

/** One channel of an edge with the batch being filled for it. */
class OutputChannel {
  readonly writer: ChannelWriter;
  /** The window that takes partial accumulators. */
  target: OperatorInfo | undefined;
  readonly #flow: FlowControl;
  #batch: RecordBatch | undefined;
  /** The fields of the records, while all are numbers. */
  #shape: NumberShape | undefined;
  #blocked: boolean;
  /** The newest watermark while there is no batch for it to ride on; -Infinity when it was sent. */
  #held: number;
  /** Estimated bytes of the partial accumulators in the batch. */
  #bytes: number;

  constructor(writer: ChannelWriter, flow: FlowControl, wake: () => void) {
    this.writer = writer;
    this.target = undefined;
    this.#flow = flow;
    this.#batch = undefined;
    this.#shape = undefined;
    this.#blocked = false;
    // Starts as a non-integer, so that the engine keeps the field a double.
    this.#held = Number.NaN;
    this.#held = Number.NEGATIVE_INFINITY;
    this.#bytes = 0;
    writer.onCredit(() => {
      if (!this.#blocked) return;
      this.#blocked = false;
      flow.outputFreed();
      wake();
    });
  }

  get isBlocked(): boolean {
    return this.#blocked;
  }

  /** All records are literals of these fields, and nobody else's. True when who adds them is to put their numbers into columns, as it `can`. */
  recordsHave(fields: readonly string[], can: boolean): boolean {
    this.#shape = this.writer.recordsHave?.(fields) === true && can ? numberShape(fields) : undefined;
    return this.#shape !== undefined;
  }

  /** A field of the next record is no number: records lie in batches as objects from now on. */
  misfit(batch: RecordBatch): void {
    this.#shape = undefined;
    batch.makeRecords();
  }

  /** The batch that takes the next record, unless that is late for its watermark; it has room. */
  open(): RecordBatch {
    const batch = this.#batch;
    return batch === undefined || batch.holdsPartials ? this.begin() : batch;
  }

  append(value: unknown, timestamp: number): void {
    let batch = this.open();
    if (batch.hasWatermark && !(timestamp > batch.watermark)) batch = this.begin();
    batch.append(value, timestamp);
    if (batch.length === batch.capacity) this.flush();
  }

  /** As `append`, for what is no record and never late for a watermark that went before; batches hold one or the other. */
  appendPartial(key: unknown, accumulator: unknown, records: number, timestamp: number, bytes: number): void {
    const open = this.#batch;
    const batch = open === undefined || !open.holdsPartials ? this.begin() : open;
    batch.appendPartial(key, accumulator, records, timestamp);
    this.#bytes += bytes;
    if (batch.length === batch.capacity || this.#bytes >= MAX_PARTIAL_BATCH_BYTES) this.flush();
  }

  watermark(watermark: number): void {
    if (this.#batch === undefined) this.#held = watermark;
    else this.#batch.setWatermark(watermark);
  }

  send(element: ControlElement): void {
    this.flush();
    this.writer.send(element);
  }

  flush(): void {
    const batch = this.#batch;
    if (batch === undefined) return this.#sendHeld();
    this.#batch = undefined;
    this.#bytes = 0;
    if (batch.holdsPartials) this.#sendPartials(batch);
    else this.writer.sendBatch(batch);
    if (!this.#blocked && !this.writer.hasCredit) {
      this.#blocked = true;
      this.#flow.outputBlocked();
    }
  }

  #sendPartials(batch: RecordBatch): void {
    try {
      this.writer.sendBatch(batch);
    } catch (error) {
      throw partialsFailure(this.target as OperatorInfo, batch, error);
    }
  }

  /** Sends a watermark that came when there was no batch. */
  #sendHeld(): void {
    const held = this.#held;
    if (held === Number.NEGATIVE_INFINITY) return;
    this.#held = Number.NEGATIVE_INFINITY;
    this.writer.send(watermarkElement(held));
  }

  /** Begins the next batch, behind all that was collected. */
  begin(): RecordBatch {
    this.flush();
    const batch = this.writer.newBatch();
    if (this.#shape !== undefined) batch.holdNumbers(this.#shape);
    this.#batch = batch;
    return batch;
  }
}
