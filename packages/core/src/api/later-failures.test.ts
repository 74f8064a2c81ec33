import { expect, it } from 'vitest';
import { MillraceError } from '../base/errors.js';
import { nodePlatform } from '../platform/node/node-platform.js';
import { runLocally } from '../runtime/job/local-executor.js';
import { discardSink } from '../connectors/memory/discard-sink.js';
import { StreamEnvironment } from './environment.js';

/** What a job over the numbers 1 to 20 failed with. */
async function failureOf(build: (env: StreamEnvironment) => void): Promise<MillraceError> {
  const env = new StreamEnvironment(() => ({ execute: (program, given = {}) => runLocally(program, nodePlatform(), { ...given, resume: 'none' }) }), { parallelism: 1 });
  build(env);
  const error = await env.execute('later').then(() => undefined, (thrown: unknown) => thrown);
  if (!(error instanceof MillraceError)) throw new Error(`the job ended with ${String(error)}`);
  return error;
}

const broken = (n: number): string | undefined => {
  if (n === 3) throw new Error('no room');
  return undefined;
};
const brokenLater = async (n: number): Promise<string | undefined> => {
  await Promise.resolve();
  return broken(n);
};

it.each<[string, (env: StreamEnvironment) => void]>([
  ['MR-2509 a function of a sink', (env) => env.fromSequence(1, 20).forEach(async (n) => void (await brokenLater(n)), { name: 'db' })],
  ['MR-2001 a function of asyncMap', (env) => env.fromSequence(1, 20).asyncMap(brokenLater, { timeout: '5 s', name: 'db' }).sinkTo(discardSink())],
  ['MR-2007 a call that took too long', (env) => env.fromSequence(3, 20).asyncMap(() => new Promise<string>(() => {}), { timeout: 5, name: 'db' }).sinkTo(discardSink())],
])('%s whose promise fails names its record, and not the place of the one that is under way by then', async (_what, build) => {
  const { message, where } = await failureOf(build);
  expect(message).toContain('at the record 3');
  expect(where).toMatchObject({ operator: 'db', split: undefined, offset: undefined, source: undefined });
  expect(message).not.toMatch(/split|offset/);
});

it('MR-2509 a function of a sink that throws at once names the place of its record', async () => {
  const { message, where } = await failureOf((env) => env.fromSequence(1, 20).forEach((n) => void broken(n), { name: 'db' }));
  expect(message).toContain('Error: no room at the record 3');
  expect(where).toMatchObject({ operator: 'db', source: 'sequence', offset: 3 });
});
