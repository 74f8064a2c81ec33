import { createStreamLogger } from '../../base/logger.js';
import { OPTION_NAMES, OPTIONS, type OptionValues } from '../../base/options.js';
import { joinPath, resolvePath } from '../../base/paths.js';
import type { Platform } from '../../base/platform.js';
import { WORK_FOLDER, type CheckpointStore } from '../../checkpoint/checkpoint-store.js';
import type { Savepoints } from '../../checkpoint/savepoint.js';
import type { CompletedCheckpoint } from '../../checkpoint/completed-checkpoint.js';
import type { JobHandle, RunOptions } from '../../operators/executor.js';
import type { JobProgram } from '../../operators/job-program.js';
import { canGenerateCode } from '../../record/codec/code-generation.js';
import type { TaskSettings } from '../../task/ports.js';
import type { JobManagerOptions } from './job-manager-options.js';
import { restartStrategyOf } from './restart-options.js';
import type { WatchdogOptions } from './watchdog.js';

/** What the runtime takes beyond the options of every run. */
export interface JobRunSettings extends Omit<RunOptions, 'resume'> {
  /** Turns checkpoints on and says where they go; one is always taken at the end of a bounded input. */
  readonly store?: CheckpointStore;
  /** Where savepoints go; none can be taken without. */
  readonly savepoints?: Savepoints;
  /** What to go on from: the newest checkpoint of the store (the default), nothing, or what the function gives. */
  readonly resume?: 'latest' | 'none' | (() => Promise<CompletedCheckpoint>);
  /** False: each snapshot is whole. */
  readonly incremental?: boolean;
  /** How long a worker thread may be silent, where the options are not to be used. */
  readonly watchdog?: Partial<WatchdogOptions>;
}

/** What the JobManager is started with, from what was given for the run and the resolved options. */
export function jobOptions(program: JobProgram, platform: Platform, run: JobRunSettings, values: OptionValues): JobManagerOptions {
  return {
    platform,
    logger: run.logger ?? createStreamLogger({ stream: platform.streams.stderr, clock: platform.clock, level: 'warn' }),
    settings: {
      check: values.check,
      checkpoints: run.store !== undefined,
      bounded: program.streamGraph.nodes.every((node) => node.unbounded !== true),
      watermarkIntervalMs: values['watermark.interval'],
      watermarkPerRecord: run.watermarkPerRecord === true,
      bufferTimeoutMs: values['buffer.timeout'],
      bufferTargetMs: values['buffer.targetMs'],
      batchSize: run.watermarkPerRecord === true ? 1 : values['batch.size'],
      generateCode: values['code.generation'] && !values.check && canGenerateCode(),
      recordLimits: { maxBytes: values['record.maxBytes'], maxDepth: values['record.maxDepth'] },
      incremental: run.incremental !== false,
      ...stateSettings(values, platform),
    },
    checkpoints: checkpointOptions(run, values),
    listeners: { onMetrics: run.onMetrics, onCheckpoint: run.onCheckpoint, metricsIntervalMs: values['metrics.interval'] },
    failover: values['restart.failover'],
    restart: restartStrategyOf(values, program.streamGraph, run.store !== undefined),
    shownOptions: changedOptions(values),
    dropState: run.dropState ?? [],
    adjustments: { mapUid: run.mapUid ?? {}, resetWatermarks: run.resetWatermarks === true },
    watchdog: { warnAfterMs: run.watchdog?.warnAfterMs ?? values['watchdog.warnAfter'], failAfterMs: run.watchdog?.failAfterMs ?? values['watchdog.failAfter'] },
    print: run.onPrint ?? ((text) => void platform.streams.stdout.write(text)),
    emitRow: run.onRow ?? (() => {}),
    flush: () => (run.onPrint === undefined ? platform.streams.stdout.flush() : Promise.resolve()),
  };
}

function checkpointOptions({ store, savepoints, resume = 'latest' }: JobRunSettings, values: OptionValues): JobManagerOptions['checkpoints'] {
  if (store === undefined) return undefined;
  return { store, savepoints, resume, mode: values['checkpoint.mode'], intervalMs: values['checkpoint.interval'], minPauseMs: values['checkpoint.minPause'], timeoutMs: values['checkpoint.timeout'] };
}

/** Where keyed state lives; on disk it is worked on beside the checkpoints, where the next run finds and removes what a killed one left. */
function stateSettings(values: OptionValues, platform: Platform): Pick<TaskSettings, 'stateBackend' | 'stateDirectory'> {
  const directory = values['checkpoint.dir'];
  // What is worked on there is plain. State on the heap needs no directory: its snapshots stay in memory without one.
  const staysInMemory = values.stateBackend === 'heap' && values['checkpoint.encryptionKey'] !== undefined;
  return {
    stateBackend: values.stateBackend,
    stateDirectory: directory === undefined || staysInMemory ? undefined : joinPath(resolvePath(platform.process.cwd(), directory), WORK_FOLDER),
  };
}

/** The options that differ from their defaults. */
function changedOptions(values: OptionValues): Readonly<Record<string, unknown>> {
  return Object.fromEntries(OPTION_NAMES.filter((name) => values[name] !== OPTIONS[name].default).map((name) => [name, values[name]]));
}

/** Cancels the job when the signal is aborted. */
export function followSignal(job: JobHandle, signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  if (signal.aborted) void job.cancel();
  else signal.addEventListener('abort', () => void job.cancel(), { once: true });
}
