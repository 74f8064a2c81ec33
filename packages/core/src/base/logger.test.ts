import { expect, it } from 'vitest';
import { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import { FileNotFound } from './platform-errors.js';
import { createStreamLogger, NULL_LOGGER } from './logger.js';
import { secret } from './secret.js';

it('writes one line a message, with fields, above its level', () => {
  const { clock, streams } = new SimulatedPlatform({ seed: 1, startMs: 0 });
  const logger = createStreamLogger({ stream: streams.stderr, clock, fields: { job: 'orders' } });
  logger.debug('not seen');
  logger.child({ subtask: 1 }).info('started', { path: '/a b', password: secret.value('x'), nothing: undefined, list: [1n] });
  logger.warn('two\nlines');
  logger.error('failed', { error: FileNotFound.error({ what: 'nothing there' }) });
  expect(streams.stderr.lines[0]).toBe('1970-01-01T00:00:00.000Z INFO  started job=orders subtask=1 path="/a b" password="***" list=["1"]');
  expect(streams.stderr.lines[1]).toBe('1970-01-01T00:00:00.000Z WARN  two\\nlines job=orders');
  expect(streams.stderr.text).toContain('\n  MillraceError: MR-2801');
  expect([logger.isEnabled('debug'), logger.isEnabled('info')]).toEqual([false, true]);
});

it('writes JSON lines that can be read back, whatever the fields are', () => {
  const { clock, streams } = new SimulatedPlatform({ seed: 1, startMs: 0 });
  const logger = createStreamLogger({ stream: streams.stderr, clock, format: 'json', level: 'debug' });
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  logger.debug('odd', { big: 2n ** 70n, symbol: Symbol('s'), error: new Error('why') });
  logger.info('circle', { circle });
  logger.info('plain');
  const lines = streams.stderr.lines.map((line) => JSON.parse(line) as Record<string, Record<string, unknown>>);
  expect(lines[0]!['fields']).toMatchObject({ big: '1180591620717411303424', symbol: 'Symbol(s)', error: { message: 'why' } });
  expect(lines[1]).toHaveProperty('unprintable');
  expect(lines[2]).toEqual({ time: '1970-01-01T00:00:00.000Z', level: 'info', message: 'plain' });
});

it('the null logger takes everything and writes nothing', () => {
  NULL_LOGGER.child({}).error('x');
  NULL_LOGGER.debug('x');
  NULL_LOGGER.info('x');
  NULL_LOGGER.warn('x');
  expect(NULL_LOGGER.isEnabled('error')).toBe(false);
});
