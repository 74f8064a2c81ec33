import type { Operator, OperatorFactory, Progress, Receiver } from '../../operators/operator.js';
import type { OperatorContext } from '../../operators/operator-context.js';
import type { WatermarkSeen } from '../invariants/event-time.js';

/** Where a probe stands: right behind a source, or behind a later operator that some sources feed. */
export type ProbePlace = { readonly kind: 'source'; readonly source: number } | { readonly kind: 'behind'; readonly node: number; readonly sources: readonly FeedingSource[] };

/** A source that feeds a place. Without an exchange in between, an instance is fed by the reader of its own number alone. */
export interface FeedingSource {
  readonly source: number;
  readonly exchanged: boolean;
}

/** One instance of an operator, in one attempt of its job. */
interface Instance {
  readonly subtask: number;
  readonly attempt: number;
}

/** All probes of one life of a job, and what they have seen. */
export class WatermarkProbes {
  readonly seen: WatermarkSeen[];
  readonly #life: string;
  /** By attempt and source: the watermark of each reader, infinite once it was idle. An attempt may open while the one before still ends. */
  readonly #sources: Map<string, Map<number, number>>;

  constructor(life: string, seen: WatermarkSeen[]) {
    this.#life = life;
    this.seen = seen;
    this.#sources = new Map();
  }

  /** A reader of a source is there; nothing is known of its time yet. */
  sourceOpened(source: number, { subtask, attempt }: Instance): void {
    this.#readersOf(attempt, source).set(subtask, Number.NEGATIVE_INFINITY);
  }

  sourceAdvanced(source: number, { subtask, attempt }: Instance, watermark: number): void {
    const readers = this.#readersOf(attempt, source);
    // One that was idle lags when it comes back, and holds nobody back until it has caught up.
    if (readers.get(subtask) !== Number.POSITIVE_INFINITY) readers.set(subtask, watermark);
    this.seen.push({ place: `${this.#life}, attempt ${attempt}, source ${source} [${subtask}]`, watermark, lowestInput: Number.POSITIVE_INFINITY });
  }

  sourceIdle(source: number, { subtask, attempt }: Instance): void {
    this.#readersOf(attempt, source).set(subtask, Number.POSITIVE_INFINITY);
  }

  advanced(node: number, sources: readonly FeedingSource[], { subtask, attempt }: Instance, watermark: number): void {
    let lowestInput = Number.POSITIVE_INFINITY;
    for (const { source, exchanged } of sources) {
      for (const [reader, time] of this.#readersOf(attempt, source)) if (exchanged || reader === subtask) lowestInput = Math.min(lowestInput, time);
    }
    this.seen.push({ place: `${this.#life}, attempt ${attempt}, operator ${node} [${subtask}]`, watermark, lowestInput });
  }

  #readersOf(attempt: number, source: number): Map<number, number> {
    const place = `${attempt} ${source}`;
    let readers = this.#sources.get(place);
    if (readers === undefined) this.#sources.set(place, (readers = new Map()));
    return readers;
  }
}

/** An operator that lets everything pass and notes the watermarks. */
export function watermarkProbe(probes: WatermarkProbes, place: ProbePlace): OperatorFactory {
  return { create: () => new WatermarkProbe(probes, place) };
}

class WatermarkProbe implements Operator, Receiver {
  recordsIn: number;
  readonly #probes: WatermarkProbes;
  readonly #place: ProbePlace;
  #context!: OperatorContext;
  #last: number;

  constructor(probes: WatermarkProbes, place: ProbePlace) {
    this.recordsIn = 0;
    this.#probes = probes;
    this.#place = place;
    this.#last = Number.NEGATIVE_INFINITY;
  }

  open(context: OperatorContext): void {
    this.#context = context;
    if (this.#place.kind === 'source') this.#probes.sourceOpened(this.#place.source, context.info);
  }

  input(): Receiver {
    return this;
  }

  process(value: unknown): void {
    this.recordsIn++;
    this.#context.output.process(value);
  }

  advance(watermark: number): Progress {
    const { info } = this.#context;
    this.#last = watermark;
    if (this.#place.kind === 'source') this.#probes.sourceAdvanced(this.#place.source, info, watermark);
    else this.#probes.advanced(this.#place.node, this.#place.sources, info, watermark);
    return 'done';
  }

  statusChanged(idle: boolean): void {
    if (this.#place.kind !== 'source') return;
    const { info } = this.#context;
    if (idle) this.#probes.sourceIdle(this.#place.source, info);
    else this.#probes.sourceAdvanced(this.#place.source, info, this.#last);
  }
}
