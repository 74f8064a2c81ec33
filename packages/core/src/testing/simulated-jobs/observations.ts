import { decodeUtf8 } from '../../base/bytes.js';
import type { Files } from '../../base/platform-files.js';
import type { RunObservations } from '../invariants/check-run.js';
import type { Balance } from '../invariants/committed-output.js';
import type { WatermarkSeen } from '../invariants/event-time.js';
import { absent, observed } from '../invariants/invariant.js';
import type { Leftovers, ReplayedFrom } from '../invariants/recovery.js';
import type { FlowWatch } from './flow-watch.js';
import { MAX_BATCHES_IN_FLIGHT } from '../../runtime/channel/in-flight-limit.js';
import type { Outputs } from './outputs.js';
import type { Reading } from './reading.js';
import type { Scenario } from './scenario.js';
import type { ExpectedSink } from './simulated-job.js';

/** What was gathered while a scenario ran. */
export interface SeenRun {
  readonly scenario: Scenario;
  readonly expected: readonly ExpectedSink[];
  readonly outputs: Outputs;
  /** By sink: what a reader saw, look after look. */
  readonly looks: ReadonlyMap<number, readonly (readonly string[])[]>;
  readonly watermarks: readonly WatermarkSeen[];
  readonly flow: FlowWatch;
  /** Records that were read and not yet written, at the most. */
  readonly held: number;
  readonly files: Files;
  /** What each checkpoint gave when it was restored, where that was tried. */
  readonly replays: readonly ReplayedFrom[] | undefined;
}

/** Sees a run that has come to its end with the eyes of the invariants. */
export function observationsOf(run: SeenRun): RunObservations {
  const { scenario, expected, outputs } = run;
  const committed = expected.map((_, sink) => outputs.rows(sink));
  const texts = committed.map((rows) => rows.map((row) => JSON.stringify(row)));
  const counted = expected.findIndex(({ from }) => from === 'counts');
  const numbered = (committed[counted] as Reading[]).map(({ key, value }) => ({ key, number: value }));
  const flows = run.flow.flows();
  return {
    output: observed(expected.map(({ rows }, sink) => ({ sink: `sink ${sink}`, committed: texts[sink] as string[], expected: rows.map((row) => JSON.stringify(row)) }))),
    orderedRows: outputs.inOrder ? observed(numbered) : absent('part files keep no order among each other'),
    numberedRows: observed(numbered),
    countedKeys: observed({ given: highest((expected[counted] as ExpectedSink).rows), counted: highest(committed[counted] as Reading[]) }),
    watermarks: observed(run.watermarks),
    panes: observed(expected.flatMap(({ from }, sink) => (from === 'window' || from === 'lateWindow' ? (committed[sink] as Reading[]).map(({ key, at }) => ({ operator: `sink ${sink}`, key, window: String(at), pane: 0 })) : []))),
    looks: observed([...run.looks].map(([sink, looks]) => ({ sink: `sink ${sink}`, looks, final: texts[sink] as string[] }))),
    replays: run.replays === undefined ? absent('the scenario does not restore its checkpoints one by one') : observed(run.replays),
    leftovers: leftoversSeen(run),
    flow: flows.length > 0 ? observed(flows) : absent('the job has no channel between threads'),
    held: observed([{ what: 'records between a source and its sink', most: run.held, bound: heldBound(scenario) }]),
    balances: balancesOf(expected, committed),
  };
}

/** How often each key came, by the highest number that it was told. */
function highest(rows: readonly Reading[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { key, value } of rows) counts.set(key, Math.max(counts.get(key) ?? 0, value));
  return counts;
}

/** A split gives every record to one of two outputs. */
function balancesOf(expected: readonly ExpectedSink[], committed: readonly (readonly Reading[])[]): RunObservations['balances'] {
  const balances = expected.flatMap(({ split }, sink): Balance[] => {
    if (split === undefined) return [];
    const sizeOf = (number: number): number => (committed[number] as readonly Reading[]).length;
    return [{ operator: `split before sink ${sink}`, input: sizeOf(split.input), output: sizeOf(sink), deadLetters: 0, filtered: sizeOf(split.rest) }];
  });
  return balances.length > 0 ? observed(balances) : absent('the job has no split, and no operator else tells what it drops');
}

/** All channels full, and a batch at hand on either side. */
function heldBound({ batchSize, last, lives }: Scenario): number {
  const widest = Math.max(last.parallelism, ...lives.map(({ parallelism }) => parallelism));
  return widest * widest * (MAX_BATCHES_IN_FLIGHT + 4) * Math.max(batchSize, 64);
}

function leftoversSeen(run: SeenRun): RunObservations['leftovers'] {
  if (run.scenario.store !== 'file') return absent('the checkpoints are in memory');
  if (run.scenario.lives.at(-1)?.end.kind === 'zombie') return absent('a process that was replaced a moment ago leaves what it was writing to the run after the next');
  return observed(leftoversOf(run));
}

/** The files that a manifest names; one that a power cut tore may name any. */
function filesOf(manifest: string, names: readonly string[]): readonly string[] {
  try {
    return ((JSON.parse(manifest.split('\n')[0]!) as { files?: { name: string }[] }).files ?? []).map(({ name }) => name);
  } catch {
    return names.filter((name) => name.startsWith('state-'));
  }
}

/** Files beside the checkpoints and among the output that nobody will look for again. */
function leftoversOf({ files, outputs }: SeenRun): Leftovers {
  const names = files.readDirectory('/state').map(({ name }) => name);
  const owned = new Set<string>();
  const manifests = names.filter((name) => /^checkpoint-\d+\.json$/.test(name));
  for (const name of manifests) {
    owned.add(name).add(name.replace('.json', '.committing'));
    for (const file of filesOf(decodeUtf8(files.readFile(`/state/${name}`)), names)) owned.add(file);
  }
  for (const name of names) if (/^run-\d+\.json$/.test(name)) owned.add(name);
  return { present: [...names, ...outputs.unfinished()], owned };
}
