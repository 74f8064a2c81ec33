import { estimatedBytes } from '../../record/estimated-bytes.js';
import { keyHash } from '../../record/key-hash.js';
import { explainUnsupported } from '../../record/value-domain.js';
import { keyText } from '../fusion/key-text.js';
import type { StageCode } from '../fusion/stage-code.js';
import type { OperatorInfo } from '../operator-context.js';
import { userFailure } from '../user-failure.js';
import { accumulationOf, type Accumulation } from './accumulation.js';
import { MAX_PARTIAL_BATCH_BYTES, type PreReduction } from './pre-reduction.js';

/**
 * So many partial accumulators are held at the most, one at each place, as powers of two: few, so that they stay in the nearest caches and die
 * young (decision 0061), or more and at the most many where few are not enough.
 */
const FEW_BITS = 8;
const MORE_BITS = 3;
const MANY_BITS = 14;
/** Spreads neighbouring whole numbers over all places (the golden ratio of 32 bits). */
const SPREAD = -1640531527;
/** After so many partial accumulators it is asked whether they were worth it. */
const SAMPLE = 4096;
/** Fewer records to one of them cost more than they save. */
const LEAST_RECORDS = 2;
/** So many records then go as they are, before it is tried once more. */
const PAUSE_RECORDS = 1 << 18;
/** Where fewer share one, more places are tried; they are kept if so many times as many then do, and otherwise tried once more after so many samples. */
const ENOUGH_RECORDS = 32;
const WORTH_MORE_PLACES = 1.25;
const SAMPLES_BEFORE_NEXT_TRY = 64;
/** The first accumulators are looked at: where no codec can carry them records go as they are. */
const LOOKED_AT = 64;
/** So many bytes are held at the most, by estimate: what an aggregate collects may be large. No more than the credits of one channel are for. */
export const HELD_BYTES: number = 4 * MAX_PARTIAL_BATCH_BYTES;
/**
 * An accumulator is weighed whenever its records have doubled. Of those that begin below this one of so many is; the others are weighed after so
 * many records only, those of mere numbers after more.
 */
const LIGHT_BYTES = 128;
const LIKE_THE_LAST = 64;
const LIGHT_RECORDS = 16;
const NUMBERS_RECORDS = 128;
/** One that has grown from below that to this before the others are weighed was no example: all are weighed, and so many that come. */
const GROWN_BYTES = 2 * LIGHT_BYTES;
const WEIGHED_AFTER_GROWTH = 1 << 16;

/** What the reducer of one edge works with. */
export interface PreReducerParts {
  readonly reduction: PreReduction;
  /** The window that receives, for errors. */
  readonly target: OperatorInfo;
  readonly sender: PartialSender;
}

/** Where partial accumulators go. One class for all reducers: each would otherwise throw away the code of the others, into which its own functions cannot have been compiled. */
export interface PartialSender {
  /** Sends the accumulator of so many records, of about so many bytes, to the owner of its key, with a time in its slice. */
  send(key: unknown, accumulator: unknown, records: number, time: number, bytes: number): void;
  /** Whether a channel waits for credit: what need not go waits, too. */
  isBlocked(): boolean;
  /** Records that the edge has taken so far. */
  records(): number;
}

/** The slice of the last record; NaN when there is none, so that no time lies in it. */
class CurrentSlice {
  start: number = Number.NaN;
  end: number = Number.NaN;
}

/**
 * Makes partial accumulators of records on their way to a window behind an exchange, one for each key and slice.
 *
 * Nothing waits for them: no window can fire before a watermark of this very sender, so what a window needs is sent ahead
 * of the watermark that completes its first firing. (A sender that was idle is not waited for: its output calls `flush` with
 * every batch.) Everything is sent ahead of all other elements (barriers, the end,
 * idleness), so that it is never part of a snapshot. What came too late for a watermark that was sent goes as it is: the receiver
 * decides on it record by record.
 *
 * Each key has one place; when another key or slice wants it, what is there is sent. Where too few records share an
 * accumulator the reducer gives up for a while; for composite keys, and accumulators that no codec can carry, for good.
 */
export class PreReducer {
  /** False while records go as they are. */
  active: boolean;
  readonly slice: CurrentSlice;
  /** The upper bits of a spread hash are the place of its key. */
  shift: number;
  /**
   * By place: the key, its accumulator, and the start of its slice; undefined, undefined and NaN where nothing is held. The start is asked for first, so that
   * only keys are compared with keys.
   */
  readonly #keys: unknown[];
  readonly #accumulators: unknown[];
  readonly #starts: Float64Array;
  /** The places that hold something. */
  readonly #used: Uint16Array;
  #usedCount: number;
  /** What is held weighs about so much, by place and together; and at how many records it is weighed again, and how many of those are to come. */
  readonly #weights: Float64Array;
  readonly #weighAt: Int32Array;
  readonly #toCome: Int32Array;
  #weight: number;
  /** What the last that was weighed when it began has got, and how many more are taken to be like it. */
  #newest: { readonly bytes: number; readonly weighAt: number };
  #alike: number;
  /** So many more are weighed, each, since one has grown. */
  #weighedAlone: number;
  readonly #parts: PreReducerParts;
  readonly #accumulation: Accumulation;
  /** The last watermark that was sent. */
  #watermark: number = Number.NEGATIVE_INFINITY;
  /** The lowest watermark that completes something that is held. */
  #due: number = Number.POSITIVE_INFINITY;
  #resumesAt: number = Number.POSITIVE_INFINITY;
  #sentPartials: number;
  #sentRecords: number;
  /** While more places are tried, how many records shared an accumulator before, otherwise 0; and how many samples the next try waits for. */
  #meanBefore: number;
  #tryIn: number;
  #toLookAt: number;
  /** After so many partial accumulators it is asked whether they were worth it; below 0 it is asked in vain with each of the first ones, so that V8 knows of it before it compiles. */
  #judgesAt: number;

  constructor(parts: PreReducerParts) {
    this.active = true;
    this.slice = new CurrentSlice();
    this.shift = 32 - FEW_BITS;
    this.#keys = new Array<unknown>(1 << MANY_BITS).fill(undefined);
    this.#accumulators = new Array<unknown>(1 << MANY_BITS).fill(undefined);
    this.#starts = new Float64Array(1 << MANY_BITS).fill(Number.NaN);
    this.#used = new Uint16Array(1 << MANY_BITS);
    this.#usedCount = 0;
    this.#weights = new Float64Array(1 << MANY_BITS);
    this.#weighAt = new Int32Array(1 << MANY_BITS);
    this.#toCome = new Int32Array(1 << MANY_BITS);
    this.#weight = 0;
    this.#newest = { bytes: 0, weighAt: 0 };
    this.#alike = 0;
    this.#weighedAlone = 0;
    this.#parts = parts;
    this.#accumulation = accumulationOf(parts.reduction.aggregate, parts.target);
    this.#sentPartials = 0;
    this.#sentRecords = 0;
    this.#meanBefore = 0;
    this.#tryIn = 0;
    this.#toLookAt = LOOKED_AT;
    this.#judgesAt = -LOOKED_AT;
  }

  /** Takes a record in; false when it is to be sent as it is. */
  take(value: unknown, time: number): boolean {
    const { slice } = this;
    if (!this.active || (!(time >= slice.start && time < slice.end) && !this.useSlice(time))) return false;
    try {
      const key = this.#parts.reduction.keyOf(value);
      const place = placeOf(key, this.shift);
      if (place < 0) return this.giveUp();
      if (this.#starts[place] !== slice.start || this.#keys[place] !== key) return this.begin(place, key, this.#accumulation.first(value));
      const before = this.#accumulators[place];
      const after = this.#accumulation.add(before, value);
      if (after !== before) this.#accumulators[place] = after;
      if (--this.#toCome[place]! === 0) this.weigh(place);
      return true;
    } catch (error) {
      throw this.#failure(error, value);
    }
  }

  /** `take` as text, and `otherwise` for what is to be sent as it is. */
  fuse(code: StageCode, value: string, otherwise: string): string {
    const reducer = code.part(this);
    const slice = code.part(this.slice);
    const accumulation = code.part(this.#accumulation);
    const reduced = `
  ${keyText(code, this.#parts.reduction.keyOf, value)}
  const place = typeof key === 'number' && (key | 0) === key ? Math.imul(key, ${SPREAD}) >>> ${reducer}.shift : ${code.part(placeOf)}(key, ${reducer}.shift);
  if (place >= 0) {
    if (${code.part(this.#starts)}[place] === ${slice}.start && ${code.part(this.#keys)}[place] === key) {
      const before = ${code.part(this.#accumulators)}[place];
      ${this.#accumulation.fuseAdd?.(code, 'before', value) ?? `const after = ${accumulation}.add(before, ${value});`}
      if (after !== before) ${code.part(this.#accumulators)}[place] = after;
      if (--${code.part(this.#toCome)}[place] === 0) ${reducer}.weigh(place);
      taken = true;
    } else {
      ${this.#fuseFirst(code, value)}
      taken = ${reducer}.begin(place, key, first);
    }
  } else {
    ${reducer}.giveUp();
  }`;
    return `
let taken = false;
const time = ${code.timestamp};
if (${reducer}.active && (time >= ${slice}.start && time < ${slice}.end || ${reducer}.useSlice(time))) {
  ${code.step(reduced, (error, element) => this.#failure(error, element), value)}
}
if (!taken) ${otherwise}`;
  }

  /** Makes the slice of a time the current one; false when its record is to go as it is. */
  useSlice(time: number): boolean {
    if (!Number.isFinite(time)) return false;
    const { slices } = this.#parts.reduction;
    const due = slices.firstEnd(time) - 1;
    if (due <= this.#watermark) return false;
    this.slice.start = slices.sliceStart(time);
    this.slice.end = slices.sliceEnd(this.slice.start);
    if (due < this.#due) this.#due = due;
    return true;
  }

  /** Statements that declare `first`, the accumulator of one record. Made here, it needs no code that other reducers have their own functions in. */
  #fuseFirst(code: StageCode, value: string): string {
    const accumulation = this.#accumulation;
    const created = accumulation.fuseCreate?.(code);
    const add = accumulation.fuseAdd?.(code, 'created', value);
    if (created === undefined || add === undefined) return `const first = ${code.part(accumulation)}.first(${value});`;
    return `const created = ${created};\n${add}\nconst first = after;`;
  }

  /** Begins with the accumulator of a key in the current slice; false when none can be sent. */
  begin(place: number, key: unknown, accumulator: unknown): boolean {
    if (this.#toLookAt > 0 && !this.#canBeSent(accumulator)) return false;
    if (this.#keys[place] === undefined) this.#used[this.#usedCount++] = place;
    else this.#send(place);
    this.#keys[place] = key;
    this.#accumulators[place] = accumulator;
    this.#starts[place] = this.slice.start;
    this.#weighNew(place);
    if (this.#sentPartials >= this.#judgesAt) this.#judge();
    return true;
  }

  /** Looks at how large the accumulator at a place has become, and sends some when too much is held. */
  weigh(place: number): void {
    const before = this.#weights[place] as number;
    this.#weighOne(place);
    const now = this.#weights[place] as number;
    const alike = this.#alike;
    if (alike !== 0 && before < LIGHT_BYTES && now >= GROWN_BYTES) this.#growthSeen();
    if (this.#weight > HELD_BYTES) this.#lighten();
  }

  #weighOne(place: number): void {
    const bytes = estimatedBytes(this.#accumulators[place]);
    this.#weight += bytes - (this.#weights[place] as number);
    this.#weights[place] = bytes;
    const records = this.#recordsAt(place);
    this.#weighAt[place] = 2 * records;
    this.#toCome[place] = records;
  }

  #recordsAt(place: number): number {
    return (this.#weighAt[place] as number) - (this.#toCome[place] as number);
  }

  /** What was taken to be like one that has grown has perhaps grown, too. */
  #growthSeen(): void {
    this.#alike = 0;
    this.#weighedAlone = WEIGHED_AFTER_GROWTH;
    for (let at = 0; at < this.#usedCount; at++) this.#weighOne(this.#used[at] as number);
  }

  /** Weighs what was begun, or takes it to be like the last one. */
  #weighNew(place: number): void {
    if (this.#alike === 0) {
      this.#weighAt[place] = 1;
      this.#toCome[place] = 0;
      this.#weighOne(place);
      const bytes = this.#weights[place] as number;
      if (this.#weighedAlone > 0) this.#weighedAlone--;
      else if (bytes < LIGHT_BYTES) {
        this.#newest = { bytes, weighAt: isOfNumbers(this.#accumulators[place]) ? NUMBERS_RECORDS : LIGHT_RECORDS };
        this.#alike = LIKE_THE_LAST - 1;
      }
      if (this.#weight > HELD_BYTES) this.#lighten();
      return;
    }
    this.#alike--;
    this.#weights[place] = this.#newest.bytes;
    this.#weight += this.#newest.bytes;
    this.#weighAt[place] = this.#newest.weighAt;
    this.#toCome[place] = this.#newest.weighAt - 1;
  }

  /** Sends what must be there before a watermark. */
  watermark(watermark: number): void {
    if (watermark >= this.#due) this.#sendDue(watermark);
    if (watermark > this.#watermark) this.#watermark = watermark;
    if (this.active || this.#parts.sender.records() < this.#resumesAt) return;
    this.active = true;
  }

  /** Sends all that is held. */
  flush(): void {
    if (this.#due < Number.POSITIVE_INFINITY) this.#sendDue(Number.POSITIVE_INFINITY);
  }

  /** From now on all records go as they are. */
  giveUp(): false {
    this.active = false;
    this.#resumesAt = Number.POSITIVE_INFINITY;
    this.flush();
    return false;
  }

  #sendDue(watermark: number): void {
    const { slices } = this.#parts.reduction;
    this.#due = Number.POSITIVE_INFINITY;
    // Looked up again by the next record, also for when it is due.
    this.slice.start = Number.NaN;
    this.slice.end = Number.NaN;
    let kept = 0;
    for (let at = 0; at < this.#usedCount; at++) {
      const place = this.#used[at] as number;
      const start = this.#starts[place] as number;
      const due = slices.firstEnd(start) - 1;
      if (due > watermark) {
        this.#used[kept++] = place;
        if (due < this.#due) this.#due = due;
        continue;
      }
      this.#send(place);
      this.#clear(place);
    }
    this.#usedCount = kept;
  }

  /** Sends until half of what may be held is left, as long as there is credit. The rest goes with a later record: none comes before credit does. */
  #lighten(): void {
    while (this.#weight > HELD_BYTES / 2 && this.#usedCount > 0 && !this.#parts.sender.isBlocked()) {
      const place = this.#used[--this.#usedCount] as number;
      this.#send(place);
      this.#clear(place);
    }
  }

  #clear(place: number): void {
    this.#keys[place] = undefined;
    this.#accumulators[place] = undefined;
    this.#starts[place] = Number.NaN;
  }

  #send(place: number): void {
    const accumulator = this.#accumulators[place];
    const records = this.#recordsAt(place);
    const weight = this.#weights[place] as number;
    // Mere numbers have hardly grown since they were weighed.
    const bytes = (this.#weighAt[place] as number) >= NUMBERS_RECORDS && weight < LIGHT_BYTES ? weight : estimatedBytes(accumulator);
    this.#weights[place] = 0;
    this.#weight -= weight;
    this.#sentPartials++;
    this.#sentRecords += records;
    this.#parts.sender.send(this.#keys[place], accumulator, records, this.#starts[place] as number, bytes);
  }

  #judge(): void {
    if (this.#judgesAt < SAMPLE) {
      this.#judgesAt = this.#judgesAt < 0 ? this.#judgesAt + 1 : SAMPLE;
      return;
    }
    const mean = this.#sentRecords / this.#sentPartials;
    const before = this.#meanBefore;
    this.#sentPartials = 0;
    this.#sentRecords = 0;
    this.#meanBefore = 0;
    const bits = 32 - this.shift;
    if (mean < LEAST_RECORDS) {
      if (bits !== MANY_BITS) return this.#useBits(bits + MORE_BITS);
      this.#useBits(FEW_BITS);
      this.active = false;
      this.#resumesAt = this.#parts.sender.records() + PAUSE_RECORDS;
    } else if (mean < WORTH_MORE_PLACES * before) {
      this.#tryIn = SAMPLES_BEFORE_NEXT_TRY;
      this.#useBits(bits - MORE_BITS);
    } else if (mean < ENOUGH_RECORDS && bits !== MANY_BITS && --this.#tryIn < 0) {
      this.#meanBefore = mean;
      this.#useBits(bits + MORE_BITS);
    }
  }

  #useBits(bits: number): void {
    this.flush();
    this.shift = 32 - bits;
  }

  #canBeSent(accumulator: unknown): boolean {
    this.#toLookAt--;
    return explainUnsupported(accumulator) === undefined || this.giveUp();
  }

  #failure(error: unknown, value: unknown): Error {
    return userFailure(this.#parts.target, 'the key, window or aggregate function', error, value);
  }
}

/** Whether an accumulator has nothing in it that might grow; it may still get more fields. */
function isOfNumbers(accumulator: unknown): boolean {
  if (typeof accumulator !== 'object' || accumulator === null) return typeof accumulator === 'number';
  for (const name in accumulator) if (typeof (accumulator as Record<string, unknown>)[name] !== 'number') return false;
  return !Array.isArray(accumulator) && !(accumulator instanceof Map) && !(accumulator instanceof Set);
}

/** The place of a key; -1 for a composite, which is another object each time. */
function placeOf(key: unknown, shift: number): number {
  if (typeof key === 'object') return -1;
  const hash = typeof key === 'number' && (key | 0) === key ? key : keyHash(key);
  return Math.imul(hash, SPREAD) >>> shift;
}
