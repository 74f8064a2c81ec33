import { t, type TypeOf } from 'millrace';
import type { EnumeratorContext, PollResult, ReaderContext, Source, SourceBatch, SourceReader, Split, SplitEnumerator } from 'millrace/spi';

/** Figures of a machine at one moment; all but the load are percentages. */
export const Sample = t.struct({ host: t.string, timestamp: t.timestamp, cpu: t.number, load: t.number, memory: t.number, disk: t.number });
export type Sample = TypeOf<typeof Sample>;

export interface MachineSourceOptions {
  /** Time between two samples. */
  readonly everyMs: number;
  /** How many samples to take; without it the source never ends. */
  readonly samples?: number | undefined;
  /** A path on the disk that is watched. */
  readonly diskPath: string;
}

/** The one split of the source: this machine. Its position is the number of samples taken so far. */
interface MachineSplit extends Split {
  readonly taken: number;
}

type CoreTimes = ReturnType<ReaderContext['platform']['machine']['cores']>[number];

/** Reads this very machine. A moment does not come back, so nothing can be replayed. */
export function machineSource(options: MachineSourceOptions): Source<Sample, MachineSplit> {
  return {
    kind: 'machine',
    bounded: options.samples !== undefined,
    replayable: false,
    type: Sample,
    createEnumerator: (context, restored) => new OneSplit(context, restored as readonly MachineSplit[] | undefined),
    createReader: (context) => new MachineReader(options, context),
  };
}

/** Gives the split to the first subtask that asks; there is nothing for the others. */
class OneSplit implements SplitEnumerator<MachineSplit> {
  readonly #context: EnumeratorContext<MachineSplit>;
  #pending: readonly MachineSplit[];

  constructor(context: EnumeratorContext<MachineSplit>, restored: readonly MachineSplit[] | undefined) {
    this.#context = context;
    this.#pending = restored ?? [{ id: 'machine', taken: 0 }];
  }

  start(): void {}

  splitRequested(subtask: number): void {
    if (this.#pending.length > 0) this.#context.assign(subtask, this.#pending);
    else this.#context.noMoreSplits(subtask);
    this.#pending = [];
  }

  splitsReturned(splits: readonly MachineSplit[]): void {
    this.#pending = splits;
  }

  snapshot(): readonly MachineSplit[] {
    return this.#pending;
  }

  close(): void {}
}

class MachineReader implements SourceReader<Sample, MachineSplit> {
  readonly #options: MachineSourceOptions;
  readonly #context: ReaderContext;
  #split: MachineSplit | undefined;
  #noMoreSplits = false;
  #nextMs = 0;
  #cores: readonly CoreTimes[] = [];
  #timer: { cancel(): void } | undefined;
  #wake: (() => void) | undefined;

  constructor(options: MachineSourceOptions, context: ReaderContext) {
    this.#options = options;
    this.#context = context;
  }

  start(): void {
    // Processor time is a difference: the first sample comes one interval after the start.
    this.#cores = this.#context.platform.machine.cores();
    this.#nextMs = this.#now() + this.#options.everyMs;
  }

  addSplits(splits: readonly MachineSplit[]): void {
    this.#split = splits[0];
    this.#wakeUp();
  }

  noMoreSplits(): void {
    this.#noMoreSplits = true;
    this.#wakeUp();
  }

  poll(batch: SourceBatch<Sample>): PollResult {
    if (this.#split === undefined) return this.#noMoreSplits ? 'end' : 'nothing';
    if (this.#split.taken >= (this.#options.samples ?? Infinity)) return 'end';
    const now = this.#now();
    if (now < this.#nextMs) return 'nothing';
    // After a long pause the samples that were missed are not made up for.
    this.#nextMs = Math.max(this.#nextMs + this.#options.everyMs, now);
    const sample = this.#sample();
    batch.split = this.#split.id;
    batch.values[batch.length] = sample;
    batch.timestamps[batch.length] = sample.timestamp;
    batch.offsets[batch.length] = this.#split.taken;
    batch.length++;
    this.#split = { ...this.#split, taken: this.#split.taken + 1 };
    return 'more';
  }

  available(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (this.#split !== undefined) this.#timer = this.#context.platform.timers.setTimer(this.#nextMs - this.#now(), () => this.#wakeUp());
      else if (this.#noMoreSplits) this.#wakeUp();
    });
  }

  snapshot(): readonly MachineSplit[] {
    return this.#split === undefined ? [] : [this.#split];
  }

  activeSplits(): readonly string[] {
    return this.#split === undefined ? [] : [this.#split.id];
  }

  close(): void {
    this.#wakeUp();
  }

  #sample(): Sample {
    const { clock, machine } = this.#context.platform;
    const before = this.#cores;
    this.#cores = machine.cores();
    const disk = machine.diskSpace(this.#options.diskPath);
    return {
      host: machine.hostName(),
      timestamp: clock.now(),
      cpu: busyPercent(before, this.#cores),
      load: machine.loadAverage()[0],
      memory: percent(machine.totalMemoryBytes() - machine.freeMemoryBytes(), machine.totalMemoryBytes()),
      disk: percent(disk.totalBytes - disk.freeBytes, disk.totalBytes),
    };
  }

  #now(): number {
    return this.#context.platform.clock.monotonicMs();
  }

  #wakeUp(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#wake?.();
    this.#wake = undefined;
  }
}

/** The share of time in which the cores were not idle between two looks at them. */
function busyPercent(before: readonly CoreTimes[], after: readonly CoreTimes[]): number {
  const total = (cores: readonly CoreTimes[]): number => cores.reduce((sum, core) => sum + core.userMs + core.niceMs + core.systemMs + core.idleMs + core.interruptMs, 0);
  const idle = (cores: readonly CoreTimes[]): number => cores.reduce((sum, core) => sum + core.idleMs, 0);
  const passed = total(after) - total(before);
  return percent(passed - (idle(after) - idle(before)), passed);
}

function percent(part: number, whole: number): number {
  return whole > 0 ? Math.round((part / whole) * 1000) / 10 : 0;
}
