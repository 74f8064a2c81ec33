import { resolveOptions, type JobResult, type OptionValues } from '@millrace/core/spi';
import { Worker } from 'node:worker_threads';
import { bundleJob } from './bundle.js';
import { errorText } from './error-text.js';
import { NotYet, WorkerEnded } from './errors.js';
import type { ErrorMessage, FromWorker, Progress, ToWorker } from './messages.js';
import { toMessage } from './error-text.js';
import type { Terminal } from './terminal.js';
import { WRONG_USE_CODES } from './wrong-use.js';

/** The exit codes of the command (`docs/guide/command-line.md`). */
export const EXIT: { readonly finished: 0; readonly failed: 1; readonly wrongUse: 2; readonly interrupted: 130 } = { finished: 0, failed: 1, wrongUse: 2, interrupted: 130 };

/** What `millrace run` was given. */
export interface RunCommand {
  readonly file: string;
  readonly jobArguments: readonly string[];
  /** Options of the table as they stood on the command line, by flag. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly json: boolean;
  /** Flags that a later version will know. */
  readonly notYet: readonly string[];
}

/** Old objects die young in a stream processor: a larger nursery halves the time spent in garbage collection. */
const YOUNG_GENERATION_MB = 128;

/** Runs a job in a worker thread until it ends or is stopped, and gives the exit code. */
export async function runCommand(command: RunCommand, terminal: Terminal): Promise<number> {
  if (command.notYet.length > 0) throw NotYet.error({ what: `${command.notYet.join(', ')} needs checkpoints, which this version does not write to disk yet` });
  const options = resolveOptions({ commandLine: command.flags, environment: process.env }).values;
  const bundle = await bundleJob(command.file);
  const worker = new Worker(new URL('./job-worker.js', import.meta.url), {
    workerData: { bundle: bundle.url, source: bundle.source, jobArguments: command.jobArguments, options, rows: command.json },
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    stdout: false,
    stderr: false,
  });
  return new RunningJob(worker, command, options, terminal).ended;
}

/** The command's side of a running job: shows what the worker tells, passes signals on. */
class RunningJob {
  readonly ended: Promise<number>;
  readonly #worker: Worker;
  readonly #json: boolean;
  readonly #terminal: Terminal;
  readonly #interrupt: () => void;
  #interrupted: number;
  #settled: boolean;
  #resolve!: (code: number) => void;

  constructor(worker: Worker, command: RunCommand, options: OptionValues, terminal: Terminal) {
    this.#worker = worker;
    this.#json = command.json;
    this.#terminal = terminal;
    this.#interrupted = 0;
    this.#settled = false;
    this.#interrupt = () => this.#onSignal();
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    worker.on('message', (message: FromWorker) => this.#onMessage(message, options));
    worker.on('error', (error) => this.#fail(toMessage(error, WRONG_USE_CODES)));
    worker.on('exit', (code) => {
      if (this.#settled) return;
      this.#fail(toMessage(WorkerEnded.error({ what: `the thread that ran ${command.file} ended with code ${code}` }), WRONG_USE_CODES));
    });
    process.on('SIGINT', this.#interrupt).on('SIGTERM', this.#interrupt);
  }

  #onMessage(message: FromWorker, options: OptionValues): void {
    switch (message.type) {
      case 'started':
        this.#event({ type: 'started', job: message.job, parallelism: options.parallelism });
        this.#terminal.note(`running ${message.job} (parallelism ${options.parallelism})`);
        return;
      case 'print':
        this.#terminal.out(message.text);
        return;
      case 'row':
        this.#event({ type: 'row', channel: message.channel, row: message.row });
        return;
      case 'log':
        this.#terminal.log(message.text);
        return;
      case 'progress':
        this.#terminal.progress(progressLine(message.progress));
        return;
      case 'finished':
        this.#finish(message.result);
        return;
      case 'failed':
        this.#fail(message.error);
    }
  }

  #onSignal(): void {
    this.#interrupted++;
    if (this.#interrupted === 1) {
      this.#terminal.note('stopping: what has arrived is finished and committed; once more to end at once');
      this.#worker.postMessage({ type: 'stop' } satisfies ToWorker);
      return;
    }
    this.#terminal.note('ended at once; what was not committed is gone');
    this.#settle(EXIT.interrupted);
    void this.#worker.terminate();
  }

  #finish(result: JobResult): void {
    this.#event({
      type: 'finished', job: result.job, state: this.#interrupted > 0 ? 'STOPPED' : result.state, records: result.recordsIn, results: result.recordsOut,
      lateRecords: result.lateRecordsDropped, decodeErrors: result.decodeErrors, seconds: result.seconds,
    });
    this.#terminal.note(finishedLine(result, this.#interrupted > 0));
    this.#settle(this.#interrupted > 0 ? EXIT.interrupted : EXIT.finished);
  }

  #fail(error: ErrorMessage): void {
    this.#event({ type: 'failed', code: error.code, message: error.text, error: error.details });
    this.#terminal.error(errorText(error));
    this.#settle(error.wrongUse ? EXIT.wrongUse : EXIT.failed);
  }

  #event(event: Readonly<Record<string, unknown>>): void {
    if (this.#json) this.#terminal.out(`${JSON.stringify(event, jsonSafe)}\n`);
  }

  #settle(code: number): void {
    if (this.#settled) return;
    this.#settled = true;
    process.off('SIGINT', this.#interrupt).off('SIGTERM', this.#interrupt);
    this.#terminal.endProgress();
    this.#resolve(code);
  }
}

/** JSON has no large integers and no infinities: both become text rather than something wrong. */
function jsonSafe(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return value;
}

function progressLine(progress: Progress): string {
  const rate = progress.seconds > 0 ? Math.round(progress.recordsIn / progress.seconds) : 0;
  return `${progress.seconds.toFixed(0)} s · ${count(progress.recordsIn)} records in (${count(rate)}/s) · ${count(progress.recordsOut)} out`;
}

function finishedLine(result: JobResult, interrupted: boolean): string {
  const late = result.lateRecordsDropped > 0 ? ` · ${count(result.lateRecordsDropped)} late` : '';
  const bad = result.decodeErrors > 0 ? ` · ${count(result.decodeErrors)} not decoded` : '';
  const word = interrupted ? 'stopped' : result.state === 'CANCELED' ? 'canceled' : 'finished';
  return `${word} ${result.job}: ${count(result.recordsIn)} records in · ${count(result.recordsOut)} results out${late}${bad} · ${result.seconds.toFixed(2)} s`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
