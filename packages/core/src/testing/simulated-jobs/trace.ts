/** What happened in a simulated run, line by line, with virtual times. */
export class Trace {
  readonly lines: string[];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.lines = [];
    this.#now = now;
  }

  add(what: string): void {
    this.lines.push(`${this.#now().toFixed(2).padStart(12)} ms  ${what}`);
  }
}
