import { expect, it } from 'vitest';
import { OPTION_NAMES, OPTIONS, type OptionValues } from '../../base/options.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import type { JobProgram } from '../../operators/job-program.js';
import { jobOptions } from './job-options.js';

const defaults = Object.fromEntries(OPTION_NAMES.map((name) => [name, OPTIONS[name].default])) as unknown as OptionValues;
const program = { streamGraph: { nodes: [], edges: [] } } as unknown as JobProgram;

it('gives state a directory beside the checkpoints, but none for what would be plain there and need not be', () => {
  const directoryFor = (values: Partial<OptionValues>): string | undefined =>
    jobOptions(program, new SimulatedPlatform({ seed: 1 }), {}, { ...defaults, ...values }).settings.stateDirectory;
  expect(directoryFor({})).toBe(undefined);
  expect(directoryFor({ 'checkpoint.dir': '/kept' })).toBe('/kept/work');
  expect(directoryFor({ 'checkpoint.dir': '/kept', 'checkpoint.encryptionKey': 'k1' })).toBe(undefined);
  expect(directoryFor({ 'checkpoint.dir': '/kept', 'checkpoint.encryptionKey': 'k1', 'stateBackend': 'log' })).toBe('/kept/work');
});
