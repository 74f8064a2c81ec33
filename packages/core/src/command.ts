/**
 * The little that a command needs before it knows what it will do: errors, options, and threads that load the engine while
 * the command does something else. All of it is in `spi` too, which loads the whole engine.
 */
export { MillraceError, defineError, type ErrorCode, type ErrorDetails, type ErrorKind, type ErrorLocation } from './base/errors.js';
export { jsonLine } from './base/json-line.js';
export { OPTIONS, OPTION_NAMES, flagOf, resolveOptions, type OptionDeclaration, type OptionName, type OptionType, type OptionValues } from './base/options.js';
export { formatDuration, parseDuration } from './base/duration.js';
export { didYouMean, suggest } from './base/suggest.js';
export { nodePlatform } from './platform/node/node-platform.js';
export { askJob, type AskOptions } from './runtime/control/control-client.js';
export { forgetJob, knownJobs, type JobEntry } from './runtime/control/job-registry.js';
export type { JobSummary } from './runtime/control/job-actions.js';
export { warmWorkers } from './warm-workers.js';
export type { WarmThreads } from './platform/node/warm-threads.js';
