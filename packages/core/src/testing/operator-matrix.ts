import type { OperatorFactory } from '../operators/operator.js';
import { OperatorMatrixMismatch } from './harness-errors.js';
import type { OutputEvent } from './harness-log.js';
import type { HarnessSnapshotRun } from './harness-snapshot.js';
import { type HarnessOptions, OperatorHarness } from './operator-harness.js';
import { type HarnessRoute, ParallelHarness } from './parallel-harness.js';
import { showValue } from './show-value.js';

/** One thing that happens to the operator. */
export type MatrixStep =
  | { readonly element: unknown; readonly timestamp?: number; readonly input?: number }
  | { readonly watermark: number; readonly input?: number }
  | { readonly processingTime: number }
  | { readonly idle: boolean; readonly input?: number }
  | { readonly watermarkChance: true }
  | { readonly endInput: number };

/** An operator with a script to run it by. */
export interface OperatorCase {
  /** For the message, when the results differ. */
  readonly name: string;
  /** Makes the operator (or the chain of them) anew for each run. */
  readonly operators: () => OperatorFactory | readonly OperatorFactory[];
  readonly script: readonly MatrixStep[];
  readonly options?: HarnessOptions;
  /**
   * How records find their subtask, by input: with it the script also runs at parallelism 1, 2 and 3 with a rescale in
   * between. Results are then compared regardless of their order, and without watermarks.
   */
  readonly routes?: readonly HarnessRoute[];
  /** The operator waits for promises: let them settle after each step. */
  readonly asynchronous?: boolean;
}

/**
 * Runs each case in every way in which a task may run an operator, and throws when a way gives other results than the
 * plain one (step by step, all output taken):
 *
 * - in bulk: promises settle only at the end;
 * - with output refused at every other question;
 * - with a snapshot that is begun after each step and written while the next ones are worked on, then restored;
 * - stopped after every step and restored from a snapshot;
 * - at parallelism 1, then 2, then 3, with a rescale after each third of the script.
 *
 * ```ts no-run: the operator is yours
 * import type { OperatorFactory } from 'millrace/spi';
 * import { runOperatorMatrix } from 'millrace/testing';
 *
 * declare const doubling: OperatorFactory;
 * await runOperatorMatrix([{ name: 'double', operators: () => doubling, script: [{ element: 1 }] }]);
 * ```
 */
export async function runOperatorMatrix(cases: readonly OperatorCase[]): Promise<void> {
  for (const one of cases) {
    const plain = await runPlain(one);
    await runWhole(one, plain, 'output refused at every other question', { refuseOutput: true }, true);
    if (one.asynchronous !== true) await runWhole(one, plain, 'in bulk', {}, false);
    await runRestoredAfterEveryStep(one, plain);
    for (let step = 0; step < one.script.length; step++) await runSnapshotWhileGoingOn(one, plain, step);
    if (one.routes !== undefined) await runRescaled(one, one.routes, plain);
  }
}

/** What each step gave; the last entry is what the end gave. */
type Results = readonly (readonly OutputEvent[])[];

async function runPlain(one: OperatorCase): Promise<Results> {
  const harness = await open(one, {});
  const results: (readonly OutputEvent[])[] = [];
  for (const step of one.script) {
    apply(harness, step);
    await settle(one, harness);
    results.push(harness.takeEvents());
  }
  await end(harness);
  results.push(harness.takeEvents());
  await harness.close();
  return results;
}

async function runWhole(one: OperatorCase, plain: Results, way: string, options: HarnessOptions, settling: boolean): Promise<void> {
  const harness = await open(one, options);
  for (const step of one.script) {
    apply(harness, step);
    if (settling) await settle(one, harness);
  }
  await end(harness);
  compare(one, way, plain.flat(), harness.events);
  await harness.close();
}

async function runRestoredAfterEveryStep(one: OperatorCase, plain: Results): Promise<void> {
  let harness = await open(one, {});
  for (let index = 0; index < one.script.length; index++) {
    apply(harness, one.script[index]!);
    await settle(one, harness);
    compare(one, `restored after every step, at step ${index}`, plain[index]!, harness.takeEvents());
    const snapshot = harness.snapshot();
    const { now } = harness;
    await harness.close();
    harness = await open(one, { restore: [snapshot], processingTime: now });
    repeatInputs(harness, one.script.slice(0, index + 1));
    harness.takeEvents();
  }
  await end(harness);
  compare(one, 'restored after every step, at the end', plain.at(-1)!, harness.takeEvents());
  await harness.close();
}

async function runSnapshotWhileGoingOn(one: OperatorCase, plain: Results, at: number): Promise<void> {
  const first = await open(one, {});
  for (const step of one.script.slice(0, at + 1)) {
    apply(first, step);
    await settle(one, first);
  }
  const { now } = first;
  const run: HarnessSnapshotRun = first.beginSnapshot();
  for (const step of one.script.slice(at + 1)) {
    apply(first, step);
    await settle(one, first);
    run.advance();
  }
  const snapshot = run.finish();
  await first.close();
  const second = await open(one, { restore: [snapshot], processingTime: now });
  repeatInputs(second, one.script.slice(0, at + 1));
  second.takeEvents();
  for (const step of one.script.slice(at + 1)) {
    apply(second, step);
    await settle(one, second);
  }
  await end(second);
  compare(one, `snapshot after step ${at}, written while the next steps ran`, plain.slice(at + 1).flat(), second.events);
  await second.close();
}

async function runRescaled(one: OperatorCase, routes: readonly HarnessRoute[], plain: Results): Promise<void> {
  const events: OutputEvent[] = [];
  const third = Math.ceil(one.script.length / 3);
  let parallel = await ParallelHarness.open(one.operators(), { ...one.options, parallelism: 1, routes });
  for (let parallelism = 1; parallelism <= 3; parallelism++) {
    const begin = (parallelism - 1) * third;
    for (const step of one.script.slice(begin, begin + third)) {
      applyToAll(parallel, step);
      if (one.asynchronous === true) await parallel.settle();
    }
    if (parallelism === 3) break;
    const restore = parallel.snapshot();
    const processingTime = parallel.instances[0]!.now;
    events.push(...parallel.takeEvents());
    await parallel.close();
    parallel = await ParallelHarness.open(one.operators(), { ...one.options, parallelism: parallelism + 1, routes, restore, processingTime });
    parallel.each((instance) => repeatInputs(instance, one.script.slice(0, begin + third)));
  }
  for (const instance of parallel.instances) await end(instance);
  events.push(...parallel.takeEvents());
  await parallel.close();
  compare(one, 'rescaled from 1 to 2 to 3', records(plain.flat()), records(events));
}

async function open(one: OperatorCase, options: HarnessOptions): Promise<OperatorHarness> {
  return OperatorHarness.open(one.operators(), { ...one.options, ...options });
}

async function settle(one: OperatorCase, harness: OperatorHarness): Promise<void> {
  if (one.asynchronous === true) await harness.settle();
}

async function end(harness: OperatorHarness): Promise<void> {
  harness.finish();
  if (!harness.isFinished) await harness.settle();
}

function apply(harness: OperatorHarness, step: MatrixStep): void {
  if ('element' in step) harness.element(step.element, step.timestamp, step.input);
  else if ('watermark' in step) harness.watermark(step.watermark, step.input);
  else if ('processingTime' in step) harness.processingTime(step.processingTime);
  else if ('idle' in step) harness[step.idle ? 'idle' : 'active'](step.input);
  else if ('endInput' in step) harness.endInput(step.endInput);
  else harness.watermarkChance();
}

function applyToAll(parallel: ParallelHarness, step: MatrixStep): void {
  if ('element' in step) parallel.element(step.element, step.timestamp, step.input);
  else parallel.each((instance) => apply(instance, step));
}

/** After a restore the inputs say again how far they were: watermarks, status and end, as tasks upstream do. */
function repeatInputs(harness: OperatorHarness, steps: readonly MatrixStep[]): void {
  for (const step of steps) if ('watermark' in step || 'idle' in step || 'endInput' in step) apply(harness, step);
}

/** The records among the events, in an order that does not depend on who emitted them. */
function records(events: readonly OutputEvent[]): readonly OutputEvent[] {
  return events.filter((event) => event.kind === 'record').toSorted((left, right) => (showValue(left) < showValue(right) ? -1 : 1));
}

function compare(one: OperatorCase, way: string, expected: readonly OutputEvent[], found: readonly OutputEvent[]): void {
  for (let i = 0; i < Math.max(expected.length, found.length); i++) {
    const wanted = expected[i] === undefined ? 'nothing' : showValue(expected[i]);
    const got = found[i] === undefined ? 'nothing' : showValue(found[i]);
    if (wanted === got) continue;
    throw OperatorMatrixMismatch.error({ what: `"${one.name}", ${way}: result ${i} is ${got}, and ${wanted} when run step by step` });
  }
}
