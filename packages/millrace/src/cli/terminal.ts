/** Where the command shows things: results on standard output, everything else on standard error. */
export interface Terminal {
  /** Results: rows and events. `done` is called when the text has left the process, or never will. */
  out(text: string | Uint8Array, done?: () => void): void;
  /** One line about what is going on. */
  note(text: string): void;
  /** Lines of the log, with their ends. */
  log(text: string): void;
  error(text: string): void;
  /** A line that replaces the one before it; where nobody looks on, one line now and then. */
  progress(text: string): void;
  endProgress(): void;
  /** Calls back once when nobody reads standard output any more, as with `| head`. */
  onClosed(callback: () => void): void;
}

/** Where nobody looks on, this much time lies between two lines of progress. */
const QUIET_PROGRESS_MS = 10_000;

const DIM = '2';
const RED = '31';

/** The terminal of this process. Colours only for people, and not where `NO_COLOR` is set. */
export function processTerminal(): Terminal {
  const { stdout, stderr } = process;
  const live = stderr.isTTY === true;
  const colours = live && (process.env['NO_COLOR'] ?? '') === '';
  const paint = (code: string, text: string): string => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
  let shown = false;
  let lastProgress = Date.now();
  let closed = false;
  let whenClosed: (() => void) | undefined;
  const clear = (): void => {
    if (shown) stderr.write('\r\u001b[K');
    shown = false;
  };
  // Without listeners a closed pipe would end the process with a stack trace.
  stdout.on('error', () => {
    if (closed) return;
    closed = true;
    whenClosed?.();
  });
  stderr.on('error', () => {});
  return {
    out: (text, done) => {
      clear();
      if (closed) done?.();
      else stdout.write(text, () => done?.());
    },
    note: (text) => {
      clear();
      stderr.write(`${paint(DIM, text)}\n`);
    },
    log: (text) => {
      clear();
      stderr.write(text);
    },
    error: (text) => {
      clear();
      stderr.write(`${paint(RED, text)}\n`);
    },
    progress: (text) => {
      if (!live && Date.now() - lastProgress < QUIET_PROGRESS_MS) return;
      lastProgress = Date.now();
      clear();
      stderr.write(live ? paint(DIM, text.slice(0, Math.max(20, (stderr.columns ?? 80) - 1))) : `${text}\n`);
      shown = live;
    },
    endProgress: clear,
    onClosed: (callback) => {
      whenClosed = callback;
      if (closed) callback();
    },
  };
}
