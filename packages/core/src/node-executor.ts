import { NULL_LOGGER } from './base/logger.js';
import { resolveOptions } from './base/options.js';
import { resolvePath } from './base/paths.js';
import type { CompletedCheckpoint } from './checkpoint/completed-checkpoint.js';
import type { Executor, RunOptions } from './operators/executor.js';
import type { JobProgram } from './operators/job-program.js';
import { nodePlatform } from './platform/node/node-platform.js';
import { runLocally } from './runtime/job/local-executor.js';
import type { JobRunSettings } from './runtime/job/job-options.js';
import type { LocalJob } from './runtime/job/local-job.js';
import { EncryptionKeys } from './stores/encryption.js';
import { ResumeNeedsDirectory } from './stores/errors.js';
import { FileCheckpointStore } from './stores/file-checkpoint-store.js';
import { FileSavepoints } from './stores/savepoint-files.js';

/** Between two checkpoints, when only a directory is given. */
const DEFAULT_CHECKPOINT_INTERVAL_MS = 10_000;

/**
 * Runs a job program in this thread on Node.js. With the option `checkpoint.dir` its checkpoints go to that directory,
 * and it goes on from the newest one there unless `resume` says otherwise.
 */
export function runOnNode(program: JobProgram, options: RunOptions = {}): LocalJob {
  return runLocally(program, nodePlatform(), nodeRun(program, options));
}

/** What the runtime is given for a run on Node.js: the options of the run, with the store they name. */
export function nodeRun(program: JobProgram, { resume = 'latest', claim = 'no-claim', resumeDrained = false, encryptionKeys, ...options }: RunOptions): JobRunSettings {
  const platform = nodePlatform();
  const values = resolveOptions({ code: options.options ?? {} }).values;
  const directory = values['checkpoint.dir'];
  if (directory === undefined) {
    if (resume !== 'latest' && resume !== 'none') throw ResumeNeedsDirectory.error({ what: `resume is "${resume}", but no checkpoint directory is given` });
    return options;
  }
  const logger = options.logger ?? NULL_LOGGER;
  const keys = new EncryptionKeys(platform, { keyId: values['checkpoint.encryptionKey'], keys: encryptionKeys });
  keys.assertUsable();
  const store = new FileCheckpointStore(platform, {
    directory: resolvePath(platform.process.cwd(), directory),
    job: program.streamGraph.job,
    retained: values['checkpoint.retained'],
    keys,
    warn: (message, fields) => logger.warn(message, fields),
  });
  const resumed = (): Promise<CompletedCheckpoint> => store.resume(resolvePath(platform.process.cwd(), resume), { claim: claim === 'claim', drained: resumeDrained });
  return {
    ...options,
    options: { ...options.options, 'checkpoint.interval': values['checkpoint.interval'] ?? DEFAULT_CHECKPOINT_INTERVAL_MS },
    store,
    savepoints: new FileSavepoints(platform, keys),
    resume: resume === 'latest' || resume === 'none' ? resume : resumed,
  };
}

/** The executor behind `execute()` and `job.run()`. */
export const nodeExecutor: Executor = { execute: (program, options) => runOnNode(program, options) };
