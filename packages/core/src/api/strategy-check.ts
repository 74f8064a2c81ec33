import { didYouMean } from '../base/suggest.js';
import type { WatermarkStrategy } from '../functions/watermark-strategy.js';
import { ConnectorInvalid } from './errors.js';
import { calledAt } from './function-check.js';

const KINDS: readonly string[] = ['none', 'boundedOutOfOrderness', 'ingestionTime', 'custom'];

/** Refuses what is no watermark strategy. */
export function checkStrategy<T>(strategy: WatermarkStrategy<T>, operation: string): WatermarkStrategy<T> {
  const kind: unknown = (strategy as Partial<WatermarkStrategy<T>> | null | undefined)?.watermarks?.kind;
  if (typeof kind === 'string' && KINDS.includes(kind)) return strategy;
  throw ConnectorInvalid.error({
    what: `${operation} was given something that is no watermark strategy.${typeof kind === 'string' ? didYouMean(kind, KINDS) : ''}`,
    remedy: 'Pass what monotonousTimestamps(…), boundedOutOfOrderness(…) or another strategy function gives.',
    ...calledAt(operation),
  });
}
