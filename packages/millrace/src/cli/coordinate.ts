import { controlJob, createStreamLogger, nodePlatform, parseJobArguments, runInWorkers, type JobManager, type OutputStream, type Platform, type WarmThreads } from '@millrace/core/spi';
import { parentPort } from 'node:worker_threads';
import { toMessage } from './error-text.js';
import { loadJob } from './load-job.js';
import type { CoordinatorStart, FromCoordinator, ToCoordinator } from './messages.js';
import { OutputSender } from './output-flow.js';
import { PrintBuffer } from './print-buffer.js';
import { callersMistake, isWrongUse } from './wrong-use.js';

const PROGRESS_MS = 1000;

const send = (message: FromCoordinator): void => parentPort?.postMessage(message);

/**
 * Leads the job in this thread, which hosts none of its subtasks: loads it, starts it in the workers, and tells the command
 * what happens. The job's own code runs here only to build its graph and to find splits, so whatever it does the command
 * stays there to be interrupted.
 */
export function coordinate(start: CoordinatorStart, workers: WarmThreads): void {
  // From here on, so that only the user's modules pay for their maps.
  process.setSourceMapsEnabled(true);
  let running: JobManager | undefined;
  parentPort?.on('message', (message: ToCoordinator) => {
    if (message.type === 'stop') {
      running?.stop().catch(() => {});
      return;
    }
    workers.preload(message.bundle);
    lead(start, workers, message, (job) => {
      running = job;
    })
      .catch((error: unknown) => send({ type: 'failed', error: toMessage(error, isWrongUse(error)) }))
      .finally(() => {
        parentPort?.close();
        void workers.dismiss();
      });
  });
}

async function lead(start: CoordinatorStart, workers: WarmThreads, { bundle, source }: { readonly bundle: string; readonly source: string }, running: (job: JobManager) => void): Promise<void> {
  const platform = nodePlatform();
  let tellStarted = (): void => {};
  const output = new OutputSender(start.outputFlow, (text) => {
    tellStarted();
    send({ type: 'output', text });
  });
  const printed = new PrintBuffer((text) => output.send(text), (then) => platform.timers.immediate(then));
  const job = await loadJob(bundle, source);
  const program = job.build(callersMistake(() => parseJobArguments(job.args, start.jobArguments)), { options: start.options });
  const logger = createStreamLogger({ stream: logStream(), clock: platform.clock, level: 'info' });
  const started = runInWorkers(program, { url: bundle, arguments: { words: start.jobArguments }, options: start.options }, {
    options: start.options,
    ...start.restore,
    threads: workers,
    outputForm: start.json ? 'lines' : 'text',
    logger,
    onPrint: (text) => printed.add(text),
  });
  void workers.dismiss();
  const controlled = !start.control ? undefined : controlJob(started, {
    logger,
    checkpointDirectory: start.options['checkpoint.dir'],
    onAsked: (verb) => {
      if (verb === 'stop' || verb === 'cancel') send({ type: 'asked', verb });
    },
  });
  tellStarted = () => {
    tellStarted = () => {};
    send({ type: 'started', job: job.name, id: controlled?.id });
  };
  running(started);
  const runs = new Promise<void>((resolve) => started.onState((state) => {
    if (state === 'RUNNING') resolve();
  }));
  // Whoever reads that it runs may speak to it. Its first row does not wait for that.
  void Promise.all([runs, controlled?.ready]).then(() => tellStarted());
  const progress = reportProgress(started, platform);
  try {
    const result = await started.done;
    await controlled?.close();
    tellStarted();
    printed.flush();
    send({ type: 'finished', result });
  } finally {
    await controlled?.close();
    progress.stop();
    printed.flush();
  }
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
