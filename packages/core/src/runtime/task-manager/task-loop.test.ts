import { expect, it } from 'vitest';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import type { StepResult, Subtask } from '../../task/subtask.js';
import type { Heartbeat } from './heartbeat.js';
import { TaskLoop } from './task-loop.js';

const HEARTBEAT = { enter: () => {}, leave: () => {} } as unknown as Heartbeat;
const LISTENER = { failed: (error: unknown) => { throw error; }, allEnded: () => {} };

/** A subtask that leaves `results` one after the other, then waits. */
function stepping(noted: string[], name: string, results: readonly StepResult[]): Subtask {
  let at = 0;
  return { nextWake: Infinity, hasEnded: false, recordsIn: 0, step: () => (noted.push(name), results[at++] ?? 'waiting') } as unknown as Subtask;
}

it.each([
  ['spare', ['step', 'step', 'message', 'step']],
  ['more', ['step', 'step', 'step', 'message']],
] as const)('takes what other threads have sent before it goes on with work that is left as "%s"', async (left, expected) => {
  const platform = new SimulatedPlatform({ seed: 1 });
  const noted: string[] = [];
  const loop = new TaskLoop(platform, LISTENER, HEARTBEAT);
  loop.add(7, stepping(noted, 'step', [left, left]));
  loop.start();
  platform.timers.immediate(() => platform.timers.immediate(() => noted.push('message')));
  await platform.run(() => noted.length === 4);
  expect(noted).toEqual(expected);
});

it('steps those that have more to do again and again before it ends its turn for what is spare', async () => {
  const platform = new SimulatedPlatform({ seed: 1 });
  const noted: string[] = [];
  const loop = new TaskLoop(platform, LISTENER, HEARTBEAT);
  loop.add(1, stepping(noted, 'busy', ['more', 'more']));
  loop.add(2, stepping(noted, 'snapshot', ['spare', 'spare', 'spare']));
  loop.start();
  await platform.run(() => noted.length === 7);
  expect(noted.filter((name) => name === 'busy')).toHaveLength(3);
  expect(noted.slice(-1)).toEqual(['snapshot']);
  expect(noted.filter((name) => name === 'snapshot')).toHaveLength(4);
});

/** A subtask that is stepped once and notes whether others come before it. */
function asking(noted: string[], name: string, kind: { readonly isShared?: boolean; readonly readsChannels?: boolean }): Subtask {
  return { nextWake: Infinity, hasEnded: false, isShared: false, readsChannels: false, recordsIn: 0, ...kind, step: (_end: number, _now: number, othersWait: boolean) => (noted.push(`${name} ${othersWait}`), 'waiting') } as unknown as Subtask;
}

it.each([
  ['for what waits in channels', { readsChannels: true }, ['source true', 'other false']],
  ['not for another such source', { isShared: true }, ['source false', 'other false']],
  ['not for any other source', {}, ['source false', 'other false']],
] as const)('tells a source whose work is shared to wait: %s', async (_rule, other, expected) => {
  const platform = new SimulatedPlatform({ seed: 1 });
  const noted: string[] = [];
  const loop = new TaskLoop(platform, LISTENER, HEARTBEAT);
  loop.add(1, asking(noted, 'other', other));
  // The first round begins with the second.
  loop.add(2, asking(noted, 'source', { isShared: true }));
  loop.start();
  await platform.run(() => noted.length === 2);
  expect(noted).toEqual(expected);
});
