/** A job of windowed sums on a simulated machine, with its checkpoints and savepoints in directories. */
import { joinPath } from '../../base/paths.js';
import type { Sink } from '../../connector/sink.js';
import type { JobProgram } from '../../operators/job-program.js';
import { windowOperator } from '../../operators/windows/window-operator.js';
import { EncryptionKeys, type EncryptionSettings } from '../../stores/encryption.js';
import { FileCheckpointStore } from '../../stores/file-checkpoint-store.js';
import { FileSavepoints } from '../../stores/savepoint-files.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { BY_AT, committingSink, lineProgram, rangeSource, sinkStep, type Reading, type Run, type Step } from './job.test-parts.js';
import { runLocally, type LocalRunOptions } from './local-executor.js';

const DYNAMIC = Object.freeze({ kind: 'dynamic' as const });

export type Committed = Map<string, readonly unknown[]>;

const make = (index: number): Reading => ({ key: `k${index % 17}`, value: index % 100, at: index * 10 });

/** Sums per key and second. */
export function sums(settings: Step['settings'] = {}): Step {
  const program = windowOperator({
    assigner: { kind: 'tumbling', domain: 'event', sizeMs: 1000, offsetMs: 0 },
    keyOf: (value: unknown) => (value as Reading).key,
    keyType: DYNAMIC,
    elementType: DYNAMIC,
    accumulatorType: DYNAMIC,
    allowedLatenessMs: 0,
    lateOutput: undefined,
    sideOutputs: [],
    function: { kind: 'aggregate', aggregate: { create: () => ({ sum: 0 }), add: (sum: { sum: number }, reading: Reading) => void (sum.sum += reading.value) } },
    result: { kind: 'map', fn: (sum, { key, window }) => ({ key, start: window.start, sum: (sum as { sum: number }).sum }) },
  } as Parameters<typeof windowOperator>[0]);
  return { type: 'tumbling-window', program, partitioning: 'hash', edge: { keyOf: (value) => (value as Reading).key }, settings: { uid: 'sums', stateful: true, ...settings } };
}

/** The whole job over so many records. */
export function sumsProgram(count: number, parallelism: number, sink: Sink<unknown> | Committed, window: Step = sums()): JobProgram {
  const source: Step = { type: 'source', program: { kind: 'source', source: rangeSource(count, make, 4), watermarks: BY_AT, outputType: DYNAMIC }, settings: { uid: 'source' } };
  return lineProgram([source, window, sinkStep(sink instanceof Map ? committingSink(sink) : sink)], parallelism);
}

/** What the job gives when it reads everything, as sorted JSON. */
export function expectedSums(count: number): string[] {
  const totals = new Map<string, number>();
  for (let index = 0; index < count; index++) {
    const { key, value, at } = make(index);
    const id = `${key}|${Math.floor(at / 1000) * 1000}`;
    totals.set(id, (totals.get(id) ?? 0) + value);
  }
  return [...totals].map(([id, sum]) => JSON.stringify({ key: id.split('|')[0], start: Number(id.split('|')[1]), sum })).sort();
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
