import type { Socket } from '../../base/platform-sockets.js';
import type { TimerHandle } from '../../base/platform.js';
import type { Format } from '../../connector/format.js';
import { LineCutter, tooLarge } from '../../connector/line-cutter.js';
import { RecordDecoder } from '../../connector/record-decoder.js';
import type { PollResult, ReaderContext, SourceBatch, SourceReader, Split } from '../../connector/source.js';
import { WakeUp } from '../../connector/wake-up.js';
import { SocketSourceFailed } from '../errors.js';

const LINE_FEED = 10;
/** Bytes that wait here before the server is told to hold. */
const MOST_QUEUED = 1024 * 1024;

/** What the reader of a socket source is told. */
export interface SocketReading<T> {
  readonly host: string;
  readonly port: number;
  readonly format: Format<T>;
  readonly attempts: number;
  readonly delayMs: number;
  readonly endOnClose: boolean;
  readonly maxRecordBytes: number;
}

/** Reads one connection, and connects again when it is lost. Offsets count the bytes since the reader began. */
export class SocketReader<T> implements SourceReader<T, Split> {
  readonly #reading: SocketReading<T>;
  readonly #context: ReaderContext;
  readonly #wakeUp: WakeUp;
  #records: RecordDecoder<T> | undefined;
  #cutter: LineCutter<T> | undefined;
  #splits: readonly Split[];
  #active: readonly string[];
  #noMore: boolean;
  #socket: Socket | undefined;
  /** Received and not cut into records yet, and where it begins in the stream. */
  #bytes: Uint8Array;
  #length: number;
  #offset: number;
  #held: boolean;
  /** The stream of the present connection has ended. */
  #over: boolean;
  #discarding: boolean;
  #attemptsLeft: number;
  #timer: TimerHandle | undefined;
  #failure: Error | undefined;
  #closed: boolean;

  constructor(reading: SocketReading<T>, context: ReaderContext) {
    this.#reading = reading;
    this.#context = context;
    this.#wakeUp = new WakeUp();
    this.#records = undefined;
    this.#cutter = undefined;
    this.#splits = [];
    this.#active = [];
    this.#noMore = false;
    this.#socket = undefined;
    this.#bytes = new Uint8Array(65_536);
    this.#length = 0;
    this.#offset = 0;
    this.#held = false;
    this.#over = false;
    this.#discarding = false;
    this.#attemptsLeft = reading.attempts;
    this.#timer = undefined;
    this.#failure = undefined;
    this.#closed = false;
  }

  start(): void {}

  addSplits(splits: readonly Split[]): void {
    this.#splits = splits;
    this.#active = splits.map(({ id }) => id);
    this.#newStream();
    this.#connect();
    this.#wakeUp.wake();
  }

  noMoreSplits(): void {
    this.#noMore = true;
    this.#wakeUp.wake();
  }

  poll(batch: SourceBatch<T>): PollResult {
    this.#wakeUp.clear();
    const split = this.#splits[0];
    if (split === undefined) return this.#noMore ? 'end' : 'nothing';
    if (this.#cutter!.isEmpty && !this.#records!.hasWaiting && !this.#advance()) return this.#afterStream();
    batch.split = split.id;
    this.#cutter!.fill(batch, batch.capacity);
    return 'more';
  }

  available(): Promise<void> {
    return this.#wakeUp.wait();
  }

  snapshot(): readonly Split[] {
    return this.#splits;
  }

  activeSplits(): readonly string[] {
    return this.#active;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#socket?.destroy();
    this.#wakeUp.wake();
  }

  /** Opens a region of whole records, if there is one. */
  #advance(): boolean {
    this.#dropRead();
    if (this.#discarding && !this.#discard()) return false;
    if (this.#length === 0) return false;
    const end = this.#wholeFrames();
    if (end === 0) {
      if (this.#length > this.#reading.maxRecordBytes + 2) this.#giveUp();
      return false;
    }
    this.#cutter!.open(this.#bytes, 0, end, this.#offset, this.#over);
    return true;
  }

  /** Forgets what the cutter has handed over; takes bytes again where the server was told to hold. */
  #dropRead(): void {
    const read = this.#cutter!.position - this.#offset;
    this.#bytes.copyWithin(0, read, this.#length);
    this.#length -= read;
    this.#offset += read;
    if (this.#held && this.#length < MOST_QUEUED / 2) {
      this.#held = false;
      this.#socket?.resume();
    }
  }

  #wholeFrames(): number {
    const { frameEnd } = this.#records!;
    if (frameEnd !== undefined) return frameEnd(this.#bytes, 0, this.#length, this.#over) < 0 ? 0 : this.#length;
    return this.#over ? this.#length : this.#bytes.lastIndexOf(LINE_FEED, this.#length - 1) + 1;
  }

  #giveUp(): void {
    const { maxRecordBytes } = this.#reading;
    const length = this.#length;
    this.#discarding = true;
    this.#records!.failed(tooLarge(length, maxRecordBytes, this.#bytes.subarray(0, 1000)), this.#offset, this.#bytes, 0, maxRecordBytes);
  }

  /** Passes over the rest of a record that is too large; true when its end has come. */
  #discard(): boolean {
    const found = this.#bytes.subarray(0, this.#length).indexOf(LINE_FEED);
    this.#cutter!.position += found < 0 ? this.#length : found + 1;
    this.#dropRead();
    this.#discarding = found < 0;
    return found >= 0;
  }

  /** Nothing more is at hand: waits, connects again, ends or fails. */
  #afterStream(): PollResult {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#over && this.#length === 0) {
      if (this.#reading.endOnClose) {
        this.#splits = [];
        this.#active = [];
        this.#noMore = true;
        return 'end';
      }
      this.#newStream();
      this.#connectLater(undefined);
    }
    return 'nothing';
  }

  #newStream(): void {
    const { format, maxRecordBytes } = this.#reading;
    this.#over = false;
    this.#discarding = false;
    this.#records = new RecordDecoder(format, this.#context, this.#splits[0]!.id);
    this.#cutter = new LineCutter(this.#records, { encoding: 'utf-8', maxRecordBytes });
    this.#cutter.position = this.#offset;
  }

  #connect(): void {
    const { host, port } = this.#reading;
    this.#timer = undefined;
    let opened = false;
    this.#socket = this.#context.platform.sockets.connect(
      { kind: 'tcp', host, port },
      {
        onOpen: () => {
          opened = true;
          this.#attemptsLeft = this.#reading.attempts;
        },
        onData: (bytes) => this.#receive(bytes),
        onClose: (error) => {
          this.#socket = undefined;
          if (this.#closed) return;
          // A lost connection may have cut a record: its rest would be taken for another, so it is dropped like the loss itself.
          if (opened && (error === undefined || !this.#reading.endOnClose)) this.#endStream(error);
          else this.#connectLater(error);
        },
      },
    );
  }

  #endStream(error: Error | undefined): void {
    if (error !== undefined) {
      this.#length = Math.max(this.#bytes.subarray(0, this.#length).lastIndexOf(LINE_FEED) + 1, this.#cutter!.position - this.#offset);
      this.#context.logger.warn('the connection of the socket source was lost', { source: this.#context.operator, error });
    }
    this.#over = true;
    this.#wakeUp.wake();
  }

  #connectLater(error: Error | undefined): void {
    if (this.#attemptsLeft === 0) {
      const { host, port, attempts } = this.#reading;
      this.#failure = SocketSourceFailed.error({ what: `tcp://${host}:${port} could not be reached in ${attempts + 1} attempts`, ...(error === undefined ? {} : { why: error.message.split('\n')[0]!, cause: error }) });
      this.#wakeUp.wake();
      return;
    }
    this.#attemptsLeft--;
    this.#timer = this.#context.platform.timers.setTimer(this.#reading.delayMs, () => this.#connect());
  }

  #receive(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) {
      // A new array: the cutter may still read from the old one.
      const larger = new Uint8Array(Math.max(this.#length + bytes.length, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    // A single record may be longer than the queue: then more is needed before anything can be handed over.
    if (this.#length >= MOST_QUEUED && !this.#held && this.#hasWhole()) {
      this.#held = true;
      this.#socket?.pause();
    }
    this.#wakeUp.wake();
  }

  #hasWhole(): boolean {
    return this.#length > this.#reading.maxRecordBytes || this.#wholeFrames() > 0;
  }
}
