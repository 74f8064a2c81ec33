/** The worker thread of `millrace run`: it loads the job, runs it and tells the command what happens. */
import { createStreamLogger, nodePlatform, parseJobArguments, runLocally, type LocalJob, type OutputStream } from '@millrace/core/spi';
import { parentPort, workerData } from 'node:worker_threads';
import { toMessage } from './error-text.js';
import { loadJob } from './load-job.js';
import type { FromWorker, ToWorker, WorkerStart } from './messages.js';
import { PrintBuffer } from './print-buffer.js';
import { WRONG_USE_CODES } from './wrong-use.js';

const PROGRESS_MS = 1000;

const start = workerData as WorkerStart & { readonly source: string };
const send = (message: FromWorker): void => parentPort?.postMessage(message);

async function work(): Promise<void> {
  const platform = nodePlatform();
  const printed = new PrintBuffer((text) => send({ type: 'print', text }), (then) => platform.timers.immediate(then));
  const job = await loadJob({ url: start.bundle }, start.source);
  const program = job.build(parseJobArguments(job.args, start.jobArguments), { options: start.options });
  const running = runLocally(program, platform, {
    options: start.options,
    logger: createStreamLogger({ stream: logStream(send), clock: platform.clock, level: 'info' }),
    onPrint: (text, row) => (start.rows ? send({ type: 'row', channel: 'print', row: row ?? text }) : printed.add(text)),
    onRow: (channel, row) => send({ type: 'row', channel, row }),
  });
  send({ type: 'started', job: job.name, parallelism: start.options.parallelism });
  follow(running);
  const timer = reportProgress(running, platform);
  try {
    const result = await running.done;
    printed.flush();
    send({ type: 'finished', result });
  } finally {
    timer.stop();
    printed.flush();
  }
}

function follow(running: LocalJob): void {
  parentPort?.on('message', (message: ToWorker) => {
    if (message.type === 'stop') running.stop().catch(() => {});
    else void running.cancel();
  });
}

function reportProgress(running: LocalJob, platform: ReturnType<typeof nodePlatform>): { stop(): void } {
  let timer = platform.timers.setTimer(PROGRESS_MS, tick, { keepsAlive: false });
  function tick(): void {
    send({ type: 'progress', progress: running.progress() });
    timer = platform.timers.setTimer(PROGRESS_MS, tick, { keepsAlive: false });
  }
  return { stop: () => timer.cancel() };
}

/** Log lines go to the command, which owns the terminal. */
function logStream(to: (message: FromWorker) => void): OutputStream {
  return {
    write: (data) => {
      to({ type: 'log', text: String(data) });
      return true;
    },
    flush: () => Promise.resolve(),
    isTerminal: false,
    columns: 80,
  };
}

process.setSourceMapsEnabled(true);
work().then(
  () => parentPort?.close(),
  (error: unknown) => {
    send({ type: 'failed', error: toMessage(error, WRONG_USE_CODES) });
    parentPort?.close();
  },
);
