import { jsonLine, resolveOptions, type OptionValues } from '@millrace/core/command';
import type { JobResult } from '@millrace/core/spi';
import { Worker } from 'node:worker_threads';
import type { JobBundle } from './bundle.js';
import { errorText, toMessage } from './error-text.js';
import { WorkerEnded } from './errors.js';
import { EXIT } from './exit-codes.js';
import type { ErrorMessage, FromCoordinator, Progress, RestoreChoice, ToCoordinator, CoordinatorStart } from './messages.js';
import { newOutputFlow, OutputReceiver } from './output-flow.js';
import type { Terminal } from './terminal.js';
import { callersMistake, isWrongUse } from './wrong-use.js';

/** What `millrace run` was given. */
export interface RunCommand {
  readonly file: string;
  readonly jobArguments: readonly string[];
  /** Options of the table as they stood on the command line, by flag. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly json: boolean;
  /** Whether the job listens for other commands. */
  readonly control: boolean;
  /** What to do with saved state. */
  readonly restore: RestoreChoice;
}

/** How long the thread that leads the job may take to end by itself once its job has ended: a forgotten timer of the job must not hold the command. */
const LINGER_MS = 300;

/**
 * The nursery of the thread that leads the job. What it makes, some hundred kilobytes with each checkpoint, is soon of no use; the
 * runtime's own limit of 48 MB would be filled by it in minutes all the same, and the process grow by that for nothing.
 */
const LEADER_YOUNG_GENERATION_MB = 12;

/** Runs a job in threads of its own until it ends or is stopped, and gives the exit code. */
export async function runCommand(command: RunCommand, terminal: Terminal): Promise<number> {
  const options = callersMistake(() => resolveOptions({ commandLine: command.flags, environment: process.env }).values);
  return new RunningJob(command, options, terminal).ended;
}

/**
 * The command's side of a running job: starts the thread that leads it, shows what it tells, passes signals on. No code of
 * the job runs here, so the command answers signals whatever that code does, and none of it can end the process.
 */
class RunningJob {
  /** The exit code, once the worker is gone. */
  readonly ended: Promise<number>;
  readonly #command: RunCommand;
  readonly #options: OptionValues;
  readonly #terminal: Terminal;
  readonly #worker: Worker;
  readonly #flow: OutputReceiver;
  readonly #interrupt: () => void;
  #interrupts: number;
  /** What another command has asked for. */
  #asked: 'stop' | 'cancel' | undefined;
  #started: boolean;
  #nobodyReads: boolean;
  #outcome: JobResult | ErrorMessage | undefined;
  #resolve!: (code: number) => void;

  constructor(command: RunCommand, options: OptionValues, terminal: Terminal) {
    this.#command = command;
    this.#options = options;
    this.#terminal = terminal;
    this.#interrupts = 0;
    this.#asked = undefined;
    this.#started = false;
    this.#nobodyReads = false;
    this.#outcome = undefined;
    this.#interrupt = () => this.#onSignal();
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    const outputFlow = newOutputFlow();
    this.#flow = new OutputReceiver(outputFlow);
    // The threads load the engine while the job is bundled here.
    this.#worker = new Worker(new URL('./coordinator.js', import.meta.url), {
      workerData: { jobArguments: command.jobArguments, options, restore: command.restore, json: command.json, control: command.control, outputFlow } satisfies CoordinatorStart,
      stdout: true,
      resourceLimits: { maxYoungGenerationSizeMb: LEADER_YOUNG_GENERATION_MB },
    });
    this.#listen();
    bundle(command.file).then(
      ({ url, source }) => this.#tell({ type: 'job', bundle: url, source }),
      (error: unknown) => this.#failed(toMessage(error, isWrongUse(error))),
    );
  }

  #listen(): void {
    this.#worker.on('message', (message: FromCoordinator) => this.#onMessage(message));
    this.#worker.on('error', (error) => this.#failed(toMessage(workerError(error, this.#command.file), false)));
    this.#worker.on('exit', (code) => this.#onExit(code));
    // What the job's own code writes with console.log is not a result: with --json it would spoil the lines.
    this.#worker.stdout.setEncoding('utf8').on('data', (text: string) => (this.#command.json ? this.#terminal.log(text) : this.#terminal.out(text)));
    process.on('SIGINT', this.#interrupt).on('SIGTERM', this.#interrupt);
    this.#terminal.onClosed(() => this.#onClosed());
  }

  #tell(message: ToCoordinator): void {
    this.#worker.postMessage(message);
  }

  #onMessage(message: FromCoordinator): void {
    switch (message.type) {
      case 'started':
        this.#started = true;
        this.#event({ type: 'started', job: message.job, ...(message.id === undefined ? {} : { id: message.id }), parallelism: this.#options.parallelism });
        this.#terminal.note(`running ${message.job} (parallelism ${this.#options.parallelism}${message.id === undefined ? '' : `, id ${message.id}`})`);
        return;
      case 'asked':
        this.#asked = message.verb;
        this.#terminal.note(message.verb === 'stop' ? 'stopping, as another command asks' : 'canceled by another command');
        return;
      case 'output':
        this.#terminal.out(message.text, () => this.#flow.written(message.text.length));
        return;
      case 'log':
        this.#terminal.log(message.text);
        return;
      case 'progress':
        this.#terminal.progress(progressLine(message.progress));
        return;
      case 'finished':
        this.#end(message.result);
        return;
      case 'failed':
        this.#end(message.error);
    }
  }

  /** The first signal stops the job and keeps what has arrived, the second ends the process. */
  #onSignal(): void {
    this.#interrupts++;
    if (this.#interrupts === 1 && this.#started) {
      this.#terminal.note('stopping: what has arrived is finished and committed; once more to end at once');
      this.#tell({ type: 'stop' });
      return;
    }
    if (this.#started) this.#terminal.note('ended at once: what was not committed is gone');
    this.#terminal.endProgress();
    process.exit(EXIT.interrupted);
  }

  /** Nobody reads the results any more: the job stops, and the command ends without a word, as programs in a pipe do. */
  #onClosed(): void {
    this.#nobodyReads = true;
    this.#flow.close();
    if (this.#started) this.#tell({ type: 'stop' });
  }

  #failed(error: ErrorMessage): void {
    this.#end(error);
    void this.#worker.terminate();
  }

  /** The job has ended; the worker may have a few things to say before it is gone. */
  #end(outcome: JobResult | ErrorMessage): void {
    this.#outcome ??= outcome;
    setTimeout(() => void this.#worker.terminate(), LINGER_MS).unref();
  }

  #onExit(code: number): void {
    process.off('SIGINT', this.#interrupt).off('SIGTERM', this.#interrupt);
    this.#terminal.endProgress();
    if (!this.#worker.stdout.readableEnded) {
      // The last lines of console.log are still on their way.
      this.#worker.stdout.once('end', () => this.#onExit(code));
      return;
    }
    const outcome = this.#outcome ?? toMessage(WorkerEnded.error({ what: `the thread that led ${this.#command.file} ended with code ${code}` }), false);
    this.#resolve('text' in outcome ? this.#showFailure(outcome) : this.#showResult(outcome));
  }

  #showResult(result: JobResult): number {
    const stopped = this.#interrupts > 0 || this.#nobodyReads || this.#asked === 'stop';
    const state = stopped && result.state === 'FINISHED' ? 'STOPPED' : result.state;
    this.#event({
      type: 'finished', job: result.job, state, records: result.recordsIn, results: result.recordsOut,
      lateRecords: result.lateRecordsDropped, decodeErrors: result.decodeErrors, seconds: result.seconds,
    });
    if (!this.#nobodyReads) this.#terminal.note(finishedLine(result, state));
    return this.#interrupts > 0 || result.state === 'CANCELED' ? EXIT.interrupted : EXIT.finished;
  }

  #showFailure(error: ErrorMessage): number {
    return showFailure(error, this.#command.json, this.#terminal);
  }

  #event(event: Readonly<Record<string, unknown>>): void {
    if (this.#command.json) this.#terminal.out(jsonLine(event));
  }
}

/** Bundling is loaded only now that the threads are on their way. */
async function bundle(file: string): Promise<JobBundle> {
  const { bundleJob } = await import('./bundle.js');
  return bundleJob(file);
}

/** Shows an error, with `--json` as the last event too, and gives the exit code. */
export function showFailure(error: ErrorMessage, json: boolean, terminal: Terminal): number {
  if (json) terminal.out(jsonLine({ type: 'failed', code: error.code ?? null, message: error.text, error: error.details ?? null }));
  terminal.error(errorText(error));
  return error.wrongUse ? EXIT.wrongUse : EXIT.failed;
}

function workerError(error: unknown, file: string): unknown {
  if ((error as { code?: unknown } | null)?.code !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
  return WorkerEnded.error({
    what: `the thread that led ${file} has run out of memory`,
    remedy: 'Keep less state: shorter windows, a time to live, smaller values. Keep it on disk: --state-backend log. Or give Node more: NODE_OPTIONS=--max-old-space-size=8192.',
  });
}

function progressLine(progress: Progress): string {
  const rate = progress.seconds > 0 ? Math.round(progress.recordsIn / progress.seconds) : 0;
  return `${progress.seconds.toFixed(0)} s · ${count(progress.recordsIn)} records in (${count(rate)}/s) · ${count(progress.recordsOut)} out`;
}

function finishedLine(result: JobResult, state: string): string {
  const late = result.lateRecordsDropped > 0 ? ` · ${count(result.lateRecordsDropped)} late` : '';
  const bad = result.decodeErrors > 0 ? ` · ${count(result.decodeErrors)} not decoded` : '';
  return `${state.toLowerCase()} ${result.job}: ${count(result.recordsIn)} records in · ${count(result.recordsOut)} results out${late}${bad} · ${result.seconds.toFixed(2)} s`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
