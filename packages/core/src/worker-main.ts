/** The entry module of a worker thread: loads the job it was named and hosts its part of the subtasks. */
import { loadProgram, type JobReference } from './load-program.js';
import { nodePlatform } from './platform/node/node-platform.js';
import { threadBegins } from './platform/node/threads.js';
import { watchThread } from './platform/node/uncaught.js';
import { reportUncaught, runTaskManagerThread } from './runtime/task-manager/task-manager-thread.js';

// Every job imports the API; a thread that waits for its job can as well load it now.
await threadBegins(() => import('./index.js'));
const platform = nodePlatform();
watchThread((error, unhandledRejection) => reportUncaught(platform, error, unhandledRejection));
await runTaskManagerThread(platform, async (job) => (await loadProgram(platform, job as JobReference)).program);
