/** Where the command shows things: results on standard output, everything else on standard error. */
export interface Terminal {
  /** Results: rows and events. */
  out(text: string): void;
  /** One line about what is going on. */
  note(text: string): void;
  log(text: string): void;
  error(text: string): void;
  /** A line that replaces the one before it; shown only to people. */
  progress(text: string): void;
  endProgress(): void;
}

/** The terminal of this process. `quiet` leaves only results and errors. */
export function processTerminal(options: { readonly quiet: boolean }): Terminal {
  const live = process.stderr.isTTY === true && !options.quiet;
  const colour = process.stderr.isTTY === true && (process.env['NO_COLOR'] ?? '') === '';
  let shown = false;
  const clear = (): void => {
    if (shown) process.stderr.write('\r\u001b[K');
    shown = false;
  };
  return {
    out: (text) => void process.stdout.write(text),
    note: (text) => {
      clear();
      if (!options.quiet) process.stderr.write(`${colour ? `\u001b[2m${text}\u001b[0m` : text}\n`);
    },
    log: (text) => {
      clear();
      process.stderr.write(text);
    },
    error: (text) => {
      clear();
      process.stderr.write(`${colour ? `\u001b[31m${text}\u001b[0m` : text}\n`);
    },
    progress: (text) => {
      if (!live) return;
      clear();
      process.stderr.write(text);
      shown = true;
    },
    endProgress: clear,
  };
}
