/** Compares the results of the engine with those of the yardsticks. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommittedResults } from './committed-results.js';
import { ResultDigest } from './digest.js';
import { startQuery, takingSink } from './engine-run.js';
import { rowsOfFiles } from './files.js';
import type { Query } from './queries/query.js';
import type { Yardstick } from './yardsticks/yardstick.js';

/** The results of a query by hand. */
export function resultsByHand(query: Query, yardstick: Yardstick, events: number): ResultDigest {
  return inFolder((folder) => {
    const digest = new ResultDigest(query.results);
    yardstick.run(events, digest.take, folder);
    rowsOfFiles(folder, digest.take);
    return digest;
  });
}

/** The results of the engine. */
export function resultsOfEngine(query: Query, events: number, parallelism: number): Promise<ResultDigest> {
  return inFolder(async (folder) => {
    const digest = new ResultDigest(query.results);
    await startQuery({ query, events, folder, sink: () => takingSink(digest.take), options: { parallelism } }).done;
    rowsOfFiles(folder, digest.take);
    return digest;
  });
}

/** How a run is cut off. */
export interface Interruption {
  readonly events: number;
  /** Events per second until then. */
  readonly rate: number;
  readonly checkpointIntervalMs: number;
  /** The run is cut off when so many checkpoints have committed something. */
  readonly commits: number;
  /** The second run's; the first runs with one instance of everything. */
  readonly parallelism: number;
}

/** What the engine has committed after a run that was cut off in the middle and one that went on from its newest checkpoint. */
export function resultsAfterRestart(query: Query, { events, rate, checkpointIntervalMs, commits, parallelism }: Interruption): Promise<ResultDigest> {
  return inFolder(async (folder) => {
    const output = join(folder, 'output');
    const abort = new AbortController();
    const results = new CommittedResults(query.results, (so) => {
      if (so >= commits) abort.abort();
    });
    const options = { options: { 'checkpoint.dir': join(folder, 'checkpoints'), 'checkpoint.interval': checkpointIntervalMs } };
    const sink = (name: string): ReturnType<CommittedResults['sink']> => results.sink(name);
    // The one that writes files commits by itself.
    const timer = query.results === 'files' ? setTimeout(() => abort.abort(), commits * checkpointIntervalMs) : undefined;
    const first = await startQuery({ query, events, rate, folder: output, sink, options: { ...options, signal: abort.signal } }).done;
    clearTimeout(timer);
    if (first.state !== 'CANCELED') throw new Error(`${query.name} had ended before it could be cut off`);
    await startQuery({ query, events, folder: output, sink, options: { ...options, parallelism } }).done;
    rowsOfFiles(output, results.digest.take);
    return results.digest;
  });
}

function inFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-nexmark-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const result = use(folder);
    if (!(result instanceof Promise)) remove();
    else void result.then(remove, remove);
    return result;
  } catch (error) {
    remove();
    throw error;
  }
}
