import { expect, it } from 'vitest';
import { DurationInvalid, OptionInvalid, OptionUnknown } from './base-errors.js';
import { environmentNameOf, flagOf, OPTION_NAMES, OPTIONS, parseOption, resolveOptions } from './options.js';

it('code wins over command line, environment, file and default', () => {
  const environment = { MILLRACE_PARALLELISM: '3', MILLRACE_HOME: '/x', PATH: '/bin' };
  const layers = { file: { parallelism: 2, maxParallelism: '64' }, environment, commandLine: { parallelism: '4', strict: '' }, code: { parallelism: 5, check: undefined } };
  const { values, origins } = resolveOptions(layers);
  expect([values.parallelism, values.maxParallelism, values.strict, values.check, values['buffer.timeout']]).toEqual([5, 64, true, false, 10]);
  expect([origins.parallelism, origins.maxParallelism, origins.strict, origins.check]).toEqual(['code', 'file', 'command line', 'default']);
  expect(resolveOptions({ ...layers, code: {} }).values.parallelism).toBe(4);
  expect(resolveOptions({ environment }).origins.parallelism).toBe('environment');
});

it('the table holds the defaults of the design', () => {
  const { values } = resolveOptions({});
  expect(values).toMatchObject({ parallelism: 1, maxParallelism: 128, stateBackend: 'heap', 'watermark.interval': 200, 'buffer.targetMs': 100, 'record.maxBytes': 16 * 1024 * 1024, 'record.maxDepth': 128 });
  for (const name of OPTION_NAMES) expect(OPTIONS[name].doc).toMatch(/\.$/);
  expect([flagOf('checkpoint.interval'), flagOf('maxParallelism'), environmentNameOf('record.maxBytes')]).toEqual(['checkpoint-interval', 'max-parallelism', 'MILLRACE_RECORD_MAX_BYTES']);
});

it('reads each type from text', () => {
  expect([parseOption('checkpoint.interval', '10s'), parseOption('record.maxBytes', '64 KiB'), parseOption('record.maxBytes', 5), parseOption('check', 'false'), parseOption('stateBackend', 'log'), parseOption('checkpoint.dir', '/c')]).toEqual([10_000, 65_536, 5, false, 'log', '/c']);
});

it('refuses unknown names and bad values, with a suggestion', () => {
  expect(() => resolveOptions({ commandLine: { paralelism: '2' } })).toThrow(/"--paralelism".*Did you mean "--parallelism"/);
  expect(() => resolveOptions({ code: { 'checkpoint.dri': 'x' } })).toThrow(expect.toSatisfy(OptionUnknown.is));
  expect(() => resolveOptions({ file: { nonsense: 1 } })).toThrow(expect.toSatisfy(OptionUnknown.is));
  expect(() => resolveOptions({ environment: { MILLRACE_PARALELISM: '2' } })).toThrow(/Did you mean "MILLRACE_PARALLELISM"/);
  expect(() => parseOption('stateBackend', 'heep')).toThrow(/Did you mean "heap"/);
  expect(() => parseOption('checkpoint.interval', '10 sec')).toThrow(expect.toSatisfy(DurationInvalid.is));
  for (const [name, raw] of [['parallelism', '0'], ['parallelism', '1.5'], ['parallelism', 'two'], ['parallelism', {}], ['maxParallelism', 40_000], ['check', 'yes'], ['checkpoint.dir', ''], ['record.maxBytes', '16 MB'], ['record.maxBytes', '2 GiB'], ['stateBackend', 1]] as const) {
    expect(() => parseOption(name, raw), `${name} ${String(raw)}`).toThrow(expect.toSatisfy(OptionInvalid.is));
  }
});
