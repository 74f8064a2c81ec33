import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One job of the kill test in a folder of its own: starts its processes and looks at what they have committed. */
export class TestRun {
  #host;
  #expected;

  constructor(host, records) {
    this.#host = host;
    const readings = host.makeReadings(records);
    this.#expected = host.oracle(readings);
    this.folder = mkdtempSync(join(tmpdir(), 'millrace-kill-'));
    this.state = join(this.folder, 'state');
    this.output = join(this.folder, 'out');
    this.log = join(this.folder, 'log');
    mkdirSync(this.output);
    writeFileSync(this.log, '');
    writeFileSync(join(this.folder, 'readings.ndjson'), readings.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }

  /** The plan of one process. */
  plan(settings) {
    return { parallelism: 1, workers: 1, backend: 'heap', intervalMs: 60, input: join(this.folder, 'readings.ndjson'), state: this.state, output: this.output, log: this.log, ...settings };
  }

  /** Starts a process; `ended` resolves with its code, signal and what it said. */
  start(settings, wrap = (command) => command) {
    const [command, ...args] = wrap([process.execPath, this.#host.host, JSON.stringify(this.plan(settings))]);
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (data) => (errors += data));
    child.stdout.on('data', (data) => (errors += data));
    const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, errors })));
    return { child, ended };
  }

  /** Starts a process and waits for its end, or kills it after some time. */
  async run(settings, killAfterMs) {
    const { child, ended } = this.start(settings);
    const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs ?? 120_000);
    const end = await ended;
    clearTimeout(timer);
    return end;
  }

  /** The points at which processes were killed or stopped so far. */
  reached() {
    return readFileSync(this.log, 'utf8').split('\n').flatMap((line) => / reached (.*)$/.exec(line)?.[1] ?? []);
  }

  /** What is wrong with the committed lines so far: lines that an undisturbed run would not have, or twice. */
  wrongLines() {
    for (const sink of ['sums', 'counts']) {
      const left = new Map();
      for (const line of this.#expected[sink]) left.set(line, (left.get(line) ?? 0) + 1);
      for (const line of this.#committed(sink)) {
        const count = left.get(line) ?? 0;
        if (count === 0) return `a committed line of ${sink} is wrong or doubled: ${line}`;
        left.set(line, count - 1);
      }
    }
    return undefined;
  }

  /** What is wrong with the output of a job that has finished. */
  wrongEnd() {
    const wrong = this.wrongLines();
    if (wrong !== undefined) return wrong;
    for (const sink of ['sums', 'counts']) {
      const missing = this.#expected[sink].length - this.#committed(sink).length;
      if (missing !== 0) return `${missing} lines of ${sink} are missing`;
      const hidden = readdirSync(join(this.output, sink)).filter((name) => name.startsWith('.'));
      if (hidden.length > 0) return `hidden files of ${sink} are left: ${hidden.join(', ')}`;
    }
    return undefined;
  }

  /** Lines that are committed so far. */
  committedCount() {
    return this.#committed('sums').length + this.#committed('counts').length;
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What a reader sees: files without a leading dot. */
  #committed(sink) {
    const folder = join(this.output, sink);
    if (!existsSync(folder)) return [];
    return readdirSync(folder).filter((name) => !name.startsWith('.')).flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean));
  }
}
