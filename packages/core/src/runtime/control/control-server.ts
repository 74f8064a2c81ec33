import { encodeUtf8 } from '../../base/bytes.js';
import type { Platform, TimerHandle } from '../../base/platform.js';
import type { Listener, Socket, SocketHandlers } from '../../base/platform-sockets.js';
import { didYouMean } from '../../base/suggest.js';
import { errorToMessage } from '../task-manager/error-message.js';
import { ControlRequestInvalid } from './errors.js';
import { LineBuffer } from './line-buffer.js';
import { answerLine, LONGEST_REQUEST_BYTES, parseRequest, type ControlAnswer, type ControlRequest } from './protocol.js';

/**
 * One thing that a job can be asked for: gives the answer as plain data. `progress` tells the asker what happens in between;
 * the last word counts where the connection is slow.
 */
export type ControlAction = (given: Readonly<Record<string, unknown>>, progress: (news: unknown) => void) => unknown;

/** What a job can be asked for, by verb. */
export type ControlActions = Readonly<Record<string, ControlAction>>;

/** Connections at a time; more are dropped at once. */
export const MOST_CONNECTIONS = 16;
/** Requests under way on one connection. */
export const MOST_REQUESTS = 4;
/** A connection that asks for nothing is closed after this long, and so is one that does not finish its line. */
const IDLE_MS = 30_000;
/** Whoever does not read for so long is dropped. */
const UNREAD_MS = 30_000;
/** While a request is under way, the asker hears at least this often that the job lives. */
const PULSE_MS = 1000;
/** Answers that are on their way at the end have so long. */
const LAST_WORDS_MS = 500;

/** The door of a running job: listens on a Unix socket and does what is asked for. Whatever comes in, the job is not harmed. */
export class ControlServer {
  readonly path: string;
  readonly #listener: Listener;
  readonly #connections: Set<Connection>;
  readonly #platform: Platform;

  private constructor(platform: Platform, path: string, listener: Listener, connections: Set<Connection>) {
    this.#platform = platform;
    this.path = path;
    this.#listener = listener;
    this.#connections = connections;
  }

  /** Starts to listen. Rejects with a coded error where that is not possible. */
  static async listen(platform: Platform, path: string, actions: ControlActions): Promise<ControlServer> {
    const connections = new Set<Connection>();
    const listener = await platform.sockets.listen({ kind: 'unix', path }, {
      maxConnections: MOST_CONNECTIONS,
      onConnection: (socket) => {
        const connection = new Connection(platform, socket, actions, () => connections.delete(connection));
        connections.add(connection);
        return connection;
      },
    });
    return new ControlServer(platform, path, listener, connections);
  }

  /** Lets answers that are ready get out, then closes the door and removes its file. */
  async close(): Promise<void> {
    const until = this.#platform.clock.monotonicMs() + LAST_WORDS_MS;
    while ([...this.#connections].some((connection) => connection.isAnswering) && this.#platform.clock.monotonicMs() < until) {
      await new Promise<void>((resolve) => this.#platform.timers.setTimer(5, resolve));
    }
    const ended = [...this.#connections].map((connection) => connection.end());
    let timer: TimerHandle | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = this.#platform.timers.setTimer(LAST_WORDS_MS, resolve);
    });
    await Promise.race([Promise.all(ended), timeout]);
    timer?.cancel();
    await this.#listener.close();
  }
}

/** One who asks. */
class Connection implements SocketHandlers {
  readonly #platform: Platform;
  readonly #socket: Socket;
  readonly #actions: ControlActions;
  readonly #closed: () => void;
  readonly #lines: LineBuffer;
  readonly #ended: Promise<void>;
  #resolveEnded!: () => void;
  #underWay: number;
  #isFull: boolean;
  #isLast: boolean;
  #isEnding: boolean;
  #idle: TimerHandle | undefined;
  #unread: TimerHandle | undefined;

  constructor(platform: Platform, socket: Socket, actions: ControlActions, closed: () => void) {
    this.#platform = platform;
    this.#socket = socket;
    this.#actions = actions;
    this.#closed = closed;
    this.#lines = new LineBuffer(LONGEST_REQUEST_BYTES);
    this.#underWay = 0;
    this.#isFull = false;
    this.#isLast = false;
    this.#isEnding = false;
    this.#idle = undefined;
    this.#unread = undefined;
    this.#ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#waitIdle();
  }

  /** Whether somebody waits for an answer that is not written yet. */
  get isAnswering(): boolean {
    return this.#underWay > 0;
  }

  /** Sends what is written and closes. */
  end(): Promise<void> {
    this.#isEnding = true;
    this.#socket.end();
    return this.#ended;
  }

  onData(bytes: Uint8Array): void {
    if (this.#isEnding) return;
    const isShort = this.#lines.add(bytes, (line) => this.#receive(line));
    if (!isShort) this.#refuse(undefined, ControlRequestInvalid.error({ what: `a request has more than ${LONGEST_REQUEST_BYTES} bytes` }));
  }

  /** The other side asks for nothing more, but may wait for an answer. */
  onEnd(): void {
    this.#isLast = true;
    if (this.#underWay === 0) void this.end();
  }

  onDrain(): void {
    this.#isFull = false;
    this.#unread?.cancel();
  }

  onClose(): void {
    this.#isEnding = true;
    this.#idle?.cancel();
    this.#unread?.cancel();
    this.#closed();
    this.#resolveEnded();
  }

  #receive(line: string): void {
    if (this.#isEnding) return;
    let request: ControlRequest;
    try {
      request = parseRequest(line);
    } catch (error) {
      this.#refuse(undefined, error);
      return;
    }
    const action = Object.hasOwn(this.#actions, request.verb) ? this.#actions[request.verb] : undefined;
    if (action === undefined) {
      const known = Object.keys(this.#actions);
      this.#write({ id: request.id, error: errorToMessage(ControlRequestInvalid.error({ what: `the job knows no "${request.verb.slice(0, 64)}".${didYouMean(request.verb, known)}`, why: `it knows: ${known.join(', ')}` })) });
      return;
    }
    if (this.#underWay >= MOST_REQUESTS) {
      this.#refuse(request.id, ControlRequestInvalid.error({ what: `more than ${MOST_REQUESTS} requests are under way on one connection` }));
      return;
    }
    void this.#perform(request, action);
  }

  async #perform(request: ControlRequest, action: ControlAction): Promise<void> {
    const { id } = request;
    this.#underWay++;
    this.#idle?.cancel();
    let news: unknown;
    let pulse: TimerHandle | undefined;
    const beat = (): void => {
      if (!this.#isFull) this.#write({ id, progress: news ?? null });
      pulse = this.#platform.timers.setTimer(PULSE_MS, beat, { keepsAlive: false });
    };
    pulse = this.#platform.timers.setTimer(PULSE_MS, beat, { keepsAlive: false });
    let answer: ControlAnswer;
    try {
      const result = await action(request.with, (next) => {
        news = next;
        if (!this.#isFull) this.#write({ id, progress: next });
      });
      answer = { id, result: result ?? null };
    } catch (error) {
      answer = { id, error: errorToMessage(error) };
    }
    pulse.cancel();
    this.#write(answer);
    this.#underWay--;
    if (this.#underWay > 0) return;
    if (this.#isLast) void this.end();
    else this.#waitIdle();
  }

  /** Answers and hangs up: who sends such things is not spoken with any longer. */
  #refuse(id: number | string | undefined, error: unknown): void {
    this.#write({ id, error: errorToMessage(error) });
    void this.end();
    // What still comes in is not looked at, and nobody waits for its end.
    this.#platform.timers.setTimer(LAST_WORDS_MS, () => this.#socket.destroy(), { keepsAlive: false });
  }

  #write(answer: ControlAnswer): void {
    if (this.#isEnding) return;
    let line: string;
    try {
      line = answerLine(answer);
    } catch (error) {
      line = answerLine({ id: answer.id, error: errorToMessage(error) });
    }
    if (this.#socket.write(encodeUtf8(line)) || this.#isFull) return;
    this.#isFull = true;
    this.#unread = this.#platform.timers.setTimer(UNREAD_MS, () => this.#socket.destroy(), { keepsAlive: false });
  }

  #waitIdle(): void {
    this.#idle?.cancel();
    if (!this.#isEnding) this.#idle = this.#platform.timers.setTimer(IDLE_MS, () => this.#socket.destroy(), { keepsAlive: false });
  }
}
