/** The thread of `millrace run` that leads the job: it lets workers load the engine, then does so itself. */
import { warmWorkers } from '@millrace/core/command';
import { availableParallelism } from 'node:os';
import { workerData } from 'node:worker_threads';
import type { CoordinatorStart } from './messages.js';

const start = workerData as CoordinatorStart;
const workers = warmWorkers(Math.max(1, Math.min(start.options.parallelism, availableParallelism())));
const { coordinate } = await import('./coordinate.js');
coordinate(start, workers);
