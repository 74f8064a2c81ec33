import type { Sink } from '../connector/sink.js';
import { DEAD_LETTER_TYPE, DEAD_LETTERS } from '../connector/dead-letter.js';
import { DeadLettersNotPossible } from './errors.js';
import { calledAt } from './function-check.js';
import type { OperatorOptions } from './operator-options.js';
import { addSink } from './sink-operations.js';
import type { StreamHandle } from './stream-handle.js';

/** The operations that can give a record up: what they do with one record has no effect on others. */
const GIVING_UP: ReadonlySet<string> = new Set(['fromSource', 'map', 'filter', 'flatMap']);

/** The dead letters of the operation that made a stream. */
export function deadLettersOf({ environment, origins }: StreamHandle, madeBy: string): StreamHandle {
  return {
    environment, type: DEAD_LETTER_TYPE, draft: undefined, madeBy, sides: {},
    origins: origins.map((origin) => ({ builder: origin.builder, node: origin.node, sideOutput: DEAD_LETTERS })),
  };
}

/** Ends the dead letters of the operation that made a stream in a sink. */
export function addDeadLetterSink(stream: StreamHandle, sink: Sink<never>, options: OperatorOptions | undefined): void {
  if (stream.draft === undefined || !GIVING_UP.has(stream.madeBy)) {
    throw DeadLettersNotPossible.error({ what: `deadLetterTo was called on the result of ${stream.madeBy}`, ...calledAt('deadLetterTo') });
  }
  addSink(deadLettersOf(stream, 'deadLetterTo()'), sink, { name: `dead letters of ${stream.draft.currentName}`, ...options }, 'deadLetterTo');
}
