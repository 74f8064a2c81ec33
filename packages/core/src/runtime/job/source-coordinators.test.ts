import { expect, it } from 'vitest';
import type { EnumeratorContext, Source, Split } from '../../connector/source.js';
import { buildExecutionGraph } from '../../graph/execution-graph.js';
import { buildJobGraph } from '../../graph/job-graph.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import type { ToTaskManager } from '../task-manager/messages.js';
import type { Reading } from '../../testing/simulated-jobs/reading.js';
import { BY_AT, committingSink, lineProgram, rangeSource, sinkStep } from './job.test-parts.js';
import { SourceCoordinators } from './source-coordinators.js';

/** The coordinators of a source that deals out what the test tells it to, and what they send. */
function rig(startsAgain: boolean): { sources: SourceCoordinators; deal: (id: string) => void; end: () => void; sent: ToTaskManager[] } {
  const platform = new SimulatedPlatform({ seed: 1 });
  const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, isEnabled: () => true, child: () => logger };
  let context: EnumeratorContext<Split> | undefined;
  const range = rangeSource(1, (index): Reading => ({ key: 'k', value: index, at: index }));
  const createEnumerator = (given: EnumeratorContext<Split>): unknown => ((context = given), { start: () => {}, splitRequested: () => {}, splitsReturned: () => {}, snapshot: () => 0, close: () => {} });
  const source = { ...range, createEnumerator } as unknown as Source<unknown>;
  const program = lineProgram([{ type: 'orders', program: { kind: 'source', source, watermarks: BY_AT, outputType: { kind: 'dynamic' } as const } }, sinkStep(committingSink(new Map()))], 1);
  const sent: ToTaskManager[] = [];
  const graph = buildExecutionGraph(buildJobGraph(program.streamGraph));
  const sources = new SourceCoordinators(program, graph, { platform, logger, signal: new AbortController().signal, startsAgain, send: (_subtask, message) => void sent.push(message), fail: () => {} });
  sources.create(undefined);
  return { sources, sent, deal: (id) => context?.assign(0, [{ id }]), end: () => context?.noMoreSplits(0) };
}

/** The splits that a subtask is given again when it starts from the checkpoint. */
function again({ sources, sent }: ReturnType<typeof rig>, checkpointId: number): string[] {
  sent.length = 0;
  sources.startAgain(0, checkpointId, []);
  return sent.flatMap((message) => (message.kind === 'addSplits' ? message.splits.map(({ id }) => id) : []));
}

it('keeps of the splits dealt out only those that a part that starts again would lack', () => {
  const world = rig(true);
  world.deal('before any checkpoint');
  // Nothing that was dealt before the first barrier is kept, so nothing grows without checkpoints.
  expect(again(world, 0)).toEqual([]);
  world.sources.snapshot(5);
  world.deal('after 5');
  world.sources.snapshot(6);
  world.deal('after 6');
  world.sources.stored(5);
  expect(again(world, 5)).toEqual(['after 5', 'after 6']);
  world.sources.stored(6);
  expect(again(world, 6)).toEqual(['after 6']);
});

it('keeps none where no part starts again without the rest', () => {
  const world = rig(false);
  world.sources.snapshot(5);
  world.deal('after 5');
  expect(again(world, 5)).toEqual([]);
});

it('tells a subtask whose part starts again nothing in between, and what it was given then only once', () => {
  const world = rig(true);
  world.sources.snapshot(5);
  world.deal('before');
  world.sources.leaves(0);
  world.sent.length = 0;
  world.deal('meanwhile');
  world.end();
  expect(world.sent).toEqual([]);
  expect(again(world, 5)).toEqual(['before', 'meanwhile']);
  expect(world.sent.map(({ kind }) => kind)).toEqual(['addSplits', 'noMoreSplits']);
  world.deal('after');
  expect(world.sent.slice(2)).toMatchObject([{ kind: 'addSplits', splits: [{ id: 'after' }] }]);
});
