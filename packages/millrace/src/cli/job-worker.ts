/** The worker thread of `millrace run`: it loads the job, runs it and tells the command what happens. */
import { createStreamLogger, nodePlatform, parseJobArguments, runOnNode, type LocalJob, type OutputStream, type Platform } from '@millrace/core/spi';
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

async function work(bundle: string, source: string, running: (job: LocalJob) => void): Promise<void> {
  const platform = nodePlatform();
  const output = new OutputSender(start.outputFlow, (text) => send({ type: 'output', text }));
  const printed = new PrintBuffer((text) => output.send(text), (then) => platform.timers.immediate(then));
  const job = await loadJob(bundle, source);
  const program = job.build(callersMistake(() => parseJobArguments(job.args, start.jobArguments)), { options: start.options });
  const local = runOnNode(program, {
    options: start.options,
    ...start.restore,
    logger: createStreamLogger({ stream: logStream(), clock: platform.clock, level: 'info' }),
    onPrint: (text, row) => printed.add(start.json ? rowLine('print', row ?? text.trimEnd(), text) : text),
    onRow: (channel, row) => {
      if (start.json) printed.add(rowLine(channel, row));
    },
  });
  send({ type: 'started', job: job.name });
  running(local);
  const progress = reportProgress(local, platform);
  try {
    const result = await local.done;
    printed.flush();
    send({ type: 'finished', result });
  } finally {
    progress.stop();
    printed.flush();
  }
}

function reportProgress(running: LocalJob, platform: Platform): { stop(): void } {
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
  let running: LocalJob | undefined;
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
