/** The worker thread of `millrace run`: it loads the job, runs it and tells the command what happens. */
import { createStreamLogger, nodePlatform, parseJobArguments, runInWorkers, runOnNode, type JobManager, type JobProgram, type OutputStream, type Platform, type RunOptions } from '@millrace/core/spi';
import { parentPort, workerData } from 'node:worker_threads';
import { toMessage } from './error-text.js';
import { rowLine } from './json-line.js';
import { loadJob } from './load-job.js';
import type { FromWorker, ToWorker, WorkerStart } from './messages.js';
import { OutputSender } from './output-flow.js';
import { PrintBuffer } from './print-buffer.js';
import { callersMistake, isWrongUse } from './wrong-use.js';

const PROGRESS_MS = 1000;

const start = workerData as WorkerStart;
const send = (message: FromWorker): void => parentPort?.postMessage(message);

async function work(bundle: string, source: string, running: (job: JobManager) => void): Promise<void> {
  const platform = nodePlatform();
  const output = new OutputSender(start.outputFlow, (text) => send({ type: 'output', text }));
  const printed = new PrintBuffer((text) => output.send(text), (then) => platform.timers.immediate(then));
  const job = await loadJob(bundle, source);
  const program = job.build(callersMistake(() => parseJobArguments(job.args, start.jobArguments)), { options: start.options });
  const started = startJob(program, bundle, {
    options: start.options,
    ...start.restore,
    logger: createStreamLogger({ stream: logStream(), clock: platform.clock, level: 'info' }),
    onPrint: (text, row) => printed.add(start.json ? rowLine('print', row ?? text.trimEnd(), text) : text),
    onRow: (channel, row) => {
      if (start.json) printed.add(rowLine(channel, row));
    },
  });
  send({ type: 'started', job: job.name });
  running(started);
  const progress = reportProgress(started, platform);
  try {
    const result = await started.done;
    printed.flush();
    send({ type: 'finished', result });
  } finally {
    progress.stop();
    printed.flush();
  }
}

/** One instance of everything runs in this thread; several are spread over workers, and this thread coordinates them. */
function startJob(program: JobProgram, bundle: string, options: RunOptions): JobManager {
  const { nodes, parallelism } = program.streamGraph;
  if (nodes.every((node) => (node.parallelism ?? parallelism) === 1)) return runOnNode(program, options);
  return runInWorkers(program, { url: bundle, arguments: { words: start.jobArguments }, options: start.options }, options);
}

function reportProgress(running: JobManager, platform: Platform): { stop(): void } {
  let timer = platform.timers.setTimer(PROGRESS_MS, tick, { keepsAlive: false });
  function tick(): void {
    send({ type: 'progress', progress: running.progress() });
    timer = platform.timers.setTimer(PROGRESS_MS, tick, { keepsAlive: false });
  }
  return { stop: () => timer.cancel() };
}

/** Log lines go to the command, which owns the terminal. */
function logStream(): OutputStream {
  return {
    write: (data) => {
      send({ type: 'log', text: String(data) });
      return true;
    },
    flush: () => Promise.resolve(),
    isTerminal: false,
    columns: 80,
  };
}

function main(): void {
  // From here on, so that only the user's modules pay for their maps.
  process.setSourceMapsEnabled(true);
  let running: JobManager | undefined;
  parentPort?.on('message', (message: ToWorker) => {
    if (message.type === 'stop') {
      running?.stop().catch(() => {});
      return;
    }
    work(message.bundle, message.source, (job) => {
      running = job;
    }).then(
      () => parentPort?.close(),
      (error: unknown) => {
        send({ type: 'failed', error: toMessage(error, isWrongUse(error)) });
        parentPort?.close();
      },
    );
  });
}

main();
