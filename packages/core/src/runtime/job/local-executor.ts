import { createStreamLogger } from '../../base/logger.js';
import { MetricRegistry } from '../../base/metrics.js';
import { resolveOptions, type OptionValues } from '../../base/options.js';
import { joinPath, resolvePath } from '../../base/paths.js';
import type { Platform } from '../../base/platform.js';
import { WORK_FOLDER, type CheckpointStore } from '../../checkpoint/checkpoint-store.js';
import type { CompletedCheckpoint } from '../../checkpoint/completed-checkpoint.js';
import type { Executor, RunOptions } from '../../operators/executor.js';
import type { JobProgram } from '../../operators/job-program.js';
import type { TaskSettings } from '../../task/ports.js';
import { LocalJob } from './local-job.js';

/** The executor behind `execute()` and `job.run()`: it runs the whole job in the calling thread. */
export function localExecutor(platform: Platform): Executor {
  // Without a store there is nothing to resume from, so whatever the option says is a fresh start.
  return { execute: (program, options = {}) => runLocally(program, platform, { ...options, resume: 'none' }) };
}

/** What a local run takes beyond the options of every run. */
export interface LocalRunOptions extends Omit<RunOptions, 'resume'> {
  /** Turns checkpoints on and says where they go; one is always taken at the end of a bounded input. */
  readonly store?: CheckpointStore;
  /** What to go on from: the newest checkpoint of the store (the default), nothing, or what the function gives. */
  readonly resume?: 'latest' | 'none' | (() => Promise<CompletedCheckpoint>);
  /** False: each snapshot is whole. */
  readonly incremental?: boolean;
  readonly metrics?: MetricRegistry;
}

/** A checkpoint that takes longer is given up. */
const CHECKPOINT_TIMEOUT_MS = 600_000;

/** Starts a job in the calling thread. */
export function runLocally(program: JobProgram, platform: Platform, options: LocalRunOptions = {}): LocalJob {
  const values = resolveOptions({ code: options.options ?? {} }).values;
  const job = new LocalJob(program, {
    platform,
    logger: options.logger ?? createStreamLogger({ stream: platform.streams.stderr, clock: platform.clock, level: 'warn' }),
    metrics: options.metrics ?? new MetricRegistry(),
    settings: {
      check: values.check,
      checkpoints: options.store !== undefined,
      bounded: program.streamGraph.nodes.every((node) => node.unbounded !== true),
      watermarkIntervalMs: values['watermark.interval'],
      watermarkPerRecord: options.watermarkPerRecord === true,
      bufferTimeoutMs: values['buffer.timeout'],
      batchSize: options.watermarkPerRecord === true ? 1 : batchSizeOf(values),
      incremental: options.incremental !== false,
      ...stateSettings(values, platform),
    },
    checkpoints: options.store === undefined ? undefined : { store: options.store, resume: options.resume ?? 'latest', intervalMs: values['checkpoint.interval'], timeoutMs: CHECKPOINT_TIMEOUT_MS },
    dropState: options.dropState ?? [],
    adjustments: { mapUid: options.mapUid ?? {}, resetWatermarks: options.resetWatermarks === true },
    print: options.onPrint ?? ((text) => void platform.streams.stdout.write(text)),
    emitRow: options.onRow ?? (() => {}),
    flush: () => (options.onPrint === undefined ? platform.streams.stdout.flush() : Promise.resolve()),
  });
  followSignal(job, options.signal);
  return job;
}

/** Where keyed state lives; on disk it is worked on beside the checkpoints, where the next run finds and removes what a killed one left. */
function stateSettings(values: OptionValues, platform: Platform): Pick<TaskSettings, 'stateBackend' | 'stateDirectory'> {
  const directory = values['checkpoint.dir'];
  return {
    stateBackend: values.stateBackend,
    stateDirectory: directory === undefined ? undefined : joinPath(resolvePath(platform.process.cwd(), directory), WORK_FOLDER),
  };
}

/** In one thread a small batch is as good as a large one, and holds fewer records in flight. */
function batchSizeOf(values: OptionValues): number {
  return Math.max(1, Math.min(values['batch.size'], 256));
}

function followSignal(job: LocalJob, signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  if (signal.aborted) void job.cancel();
  else signal.addEventListener('abort', () => void job.cancel(), { once: true });
}
