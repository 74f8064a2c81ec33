/** A job of windowed sums on a simulated machine, with its checkpoints and savepoints in directories. */
import { joinPath } from '../../base/paths.js';
import type { Sink } from '../../connector/sink.js';
import type { JobProgram } from '../../operators/job-program.js';
import { EncryptionKeys, type EncryptionSettings } from '../../stores/encryption.js';
import { FileCheckpointStore } from '../../stores/file-checkpoint-store.js';
import { FileSavepoints } from '../../stores/savepoint-files.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { committingSink, lineProgram, sinkStep, type Run, type Step } from './job.test-parts.js';
import { runLocally, type LocalRunOptions } from './local-executor.js';
import { readings, sums } from './window-sums.test-parts.js';

export type Committed = Map<string, readonly unknown[]>;

/** The whole job over so many records. */
export function sumsProgram(count: number, parallelism: number, sink: Sink<unknown> | Committed, window: Step = sums()): JobProgram {
  return lineProgram([readings(count, 4, { uid: 'source' }), window, sinkStep(sink instanceof Map ? committingSink(sink) : sink)], parallelism);
}

/** How a run is started beside the options of every run. */
export interface SavepointRunOptions extends Omit<LocalRunOptions, 'claim'> {
  /** Its checkpoints; `/state` unless given. */
  readonly directory?: string;
  /** A path to go on from. */
  readonly from?: string;
  readonly claim?: boolean;
  readonly drained?: boolean;
  readonly encryption?: EncryptionSettings;
}

/** Starts the job on a machine, its directories on that machine's disk. */
export function launch(platform: SimulatedPlatform, program: JobProgram, { directory = '/state', from, claim = false, drained = false, encryption = {}, options, ...rest }: SavepointRunOptions = {}): Run {
  const keys = new EncryptionKeys(platform, encryption);
  const store = new FileCheckpointStore(platform, { directory, job: program.streamGraph.job, keys });
  const job = runLocally(program, platform, {
    ...rest,
    options: { 'batch.size': 64, ...options },
    store,
    savepoints: new FileSavepoints(platform, keys),
    ...(from === undefined ? {} : { resume: () => store.resume(from, { claim, drained }) }),
  });
  job.done.catch(() => {});
  return { platform, job };
}

/** A machine whose clock moves a little with every look at it. */
export const newMachine = (seed: number, clockTickMs: number = 0.1): SimulatedPlatform => new SimulatedPlatform({ seed, clockTickMs });

/** Lets the machine run until so many records were read. */
export const reads = ({ platform, job }: Run, records: number): Promise<void> => platform.run(() => job.progress().recordsIn >= records);

/** Lets the machine run until the promise has settled, and gives it. */
export async function settled<T>({ platform }: Run, promise: Promise<T>): Promise<T> {
  let done = false;
  promise.then(() => (done = true), () => (done = true));
  await platform.run(() => done);
  return promise;
}

/** The path of a savepoint of the job `test`. */
export const savepointPath = (id: number, directory: string = '/saved'): string => joinPath(directory, `savepoint-test-${id}`);
