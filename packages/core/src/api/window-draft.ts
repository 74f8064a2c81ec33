import { parseDuration, formatDuration, type Duration } from '../base/duration.js';
import type { Evictor, Trigger, WindowAssigner } from '../functions/window.js';
import { describeAssigner } from '../functions/window-assigners.js';
import { WindowInvalid } from './errors.js';
import { calledAt } from './function-check.js';
import type { OperatorOptions } from './operator-options.js';

/** A window while it is being described: plain settings, replaced as a whole by each fluent call. */
export interface WindowDraft {
  readonly assigner: WindowAssigner<unknown>;
  readonly trigger: Trigger<unknown> | undefined;
  readonly evictor: Evictor<unknown> | undefined;
  readonly allowedLatenessMs: number;
  readonly lateOutput: string | undefined;
  readonly options: OperatorOptions;
  /** A window over all elements, whatever their key. */
  readonly all: boolean;
}

const KINDS: ReadonlySet<string> = new Set(['tumbling', 'sliding', 'cumulative', 'session', 'dynamicSession', 'global', 'custom']);

interface GivenOptions extends OperatorOptions {
  readonly trigger?: Trigger<never>;
  readonly evictor?: Evictor<never>;
  readonly allowedLateness?: Duration;
  readonly lateOutput?: string;
}

/** Checks what `window` was given. */
export function windowDraft(operation: string, assigner: WindowAssigner<never>, options: GivenOptions = {}): WindowDraft {
  if (typeof assigner !== 'object' || assigner === null || !KINDS.has(assigner.kind)) {
    throw WindowInvalid.error({
      what: `${operation} was given ${assigner === null ? 'null' : `a ${typeof assigner}`} where a window assigner is wanted`,
      remedy: 'Pass what tumblingEventTime(…), slidingEventTime(…), sessionEventTime(…) or another assigner function gives.',
      ...calledAt(operation),
    });
  }
  return {
    assigner: assigner as WindowAssigner<unknown>,
    trigger: options.trigger as Trigger<unknown> | undefined,
    evictor: options.evictor as Evictor<unknown> | undefined,
    allowedLatenessMs: lateness(options.allowedLateness ?? 0),
    lateOutput: checkedLateOutput(options.lateOutput, operation),
    options,
    all: operation.endsWith('All'),
  };
}

/** Milliseconds of an allowed lateness. */
export function lateness(duration: Duration): number {
  return parseDuration(duration, 'the allowed lateness');
}

/** Refuses an empty name. */
export function checkedLateOutput(name: string | undefined, operation: string): string | undefined {
  if (name === undefined || (typeof name === 'string' && name !== '')) return name;
  throw WindowInvalid.error({ what: `${operation} was given no name for the side output of late elements`, ...calledAt(operation) });
}

/** What the plan shows of a window. */
export function windowDetails(draft: WindowDraft): Readonly<Record<string, string>> {
  return {
    window: describeAssigner(draft.assigner as WindowAssigner<never>),
    ...(draft.trigger === undefined ? {} : { trigger: draft.trigger.name }),
    ...(draft.evictor === undefined ? {} : { evictor: draft.evictor.name }),
    ...(draft.allowedLatenessMs === 0 ? {} : { allowedLateness: formatDuration(draft.allowedLatenessMs) }),
    ...(draft.lateOutput === undefined ? {} : { lateOutput: draft.lateOutput }),
  };
}
