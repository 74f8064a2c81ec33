import { readFileSync } from 'node:fs';

/** A time of a data file: epoch milliseconds, or an end of the 64-bit range (the last and the "no" watermark). */
export type Time = number | 'MAX' | 'MIN';

/** The names of the scenario files in `data/`; `README.md` says what each holds. */
export type Topic =
  | 'tumbling'
  | 'sliding'
  | 'session'
  | 'dynamic-session'
  | 'triggers'
  | 'evictors'
  | 'count-windows'
  | 'processing-time-windows'
  | 'session-merge'
  | 'watermark-valve'
  | 'watermark-two-input'
  | 'watermark-splits'
  | 'watermark-generators'
  | 'interval-join'
  | 'window-join'
  | 'timers'
  | 'rolling'
  | 'state';

/** Every topic, in the order in which the generator writes them. */
export const TOPICS: readonly Topic[] = [
  'tumbling',
  'sliding',
  'session',
  'dynamic-session',
  'triggers',
  'evictors',
  'count-windows',
  'processing-time-windows',
  'session-merge',
  'watermark-valve',
  'watermark-two-input',
  'watermark-splits',
  'watermark-generators',
  'interval-join',
  'window-join',
  'timers',
  'rolling',
  'state',
];

/** How elements get their windows; the dynamic sessions take field `g` of the element as gap. */
export type AssignerSettings =
  | { readonly kind: 'tumbling' | 'tumblingProcessingTime'; readonly size: number; readonly offset: number }
  | { readonly kind: 'sliding' | 'slidingProcessingTime'; readonly size: number; readonly slide: number; readonly offset: number }
  | { readonly kind: 'session' | 'sessionProcessingTime'; readonly gap: number }
  | { readonly kind: 'dynamicSession' | 'dynamicSessionProcessingTime' }
  | { readonly kind: 'global' };

/** When windows fire; `delta` is `|to.v - from.v|`, `earlyCount` is the event-time trigger that also fires after every n elements. */
export type TriggerSettings =
  | { readonly kind: 'eventTime' | 'processingTime' }
  | { readonly kind: 'count' | 'earlyCount'; readonly n: number }
  | { readonly kind: 'continuousEventTime' | 'continuousProcessingTime'; readonly interval: number }
  | { readonly kind: 'delta'; readonly threshold: number }
  | { readonly kind: 'purging'; readonly of: TriggerSettings };

/** What is dropped from a firing window, before the function (default) or after it. */
export type EvictorSettings =
  | { readonly kind: 'count'; readonly n: number; readonly after?: boolean }
  | { readonly kind: 'time'; readonly size: number; readonly after?: boolean }
  | { readonly kind: 'delta'; readonly threshold: number; readonly after?: boolean };

/** What is computed from a window; the results are `WindowValue`s. */
export type WindowFunctionKind = 'aggregate' | 'reduce' | 'process' | 'processState' | 'processGlobalState';

/** A keyed window operator; without a trigger the assigner's default one is meant. */
export interface WindowSettings {
  readonly kind: 'window';
  readonly assigner: AssignerSettings;
  readonly function: WindowFunctionKind;
  readonly trigger?: TriggerSettings;
  readonly evictor?: EvictorSettings;
  /** Allowed lateness in ms; a value above 2^53 stands for "for ever". */
  readonly lateness?: number;
  readonly lateOutput?: boolean;
}

/** `countWindow(size)` or, with a slide, `countWindow(size, slide)`. */
export interface CountWindowSettings {
  readonly kind: 'countWindow';
  readonly size: number;
  readonly slide?: number;
  readonly function: WindowFunctionKind;
}

/** Window join or coGroup of two inputs that share one watermark (always sent on input 0). */
export interface WindowJoinSettings {
  readonly kind: 'windowJoin' | 'coGroup';
  readonly assigner: AssignerSettings;
  readonly lateness: number;
}

/** Interval join of input 0 (left) and input 1 (right). */
export interface IntervalJoinSettings {
  readonly kind: 'intervalJoin';
  readonly lower: number;
  readonly upper: number;
  readonly lowerInclusive: boolean;
  readonly upperInclusive: boolean;
  readonly lateOutput: boolean;
}

/** Rolling aggregate over field `v`; `first` says which of equal elements `minBy` and `maxBy` keep. */
export interface RollingSettings {
  readonly kind: 'rolling';
  readonly function: 'sum' | 'min' | 'max' | 'minBy' | 'maxBy' | 'reduce';
  readonly first?: boolean;
}

/** One timer to register or to delete. */
export interface TimerCommand {
  readonly op: 'register' | 'delete';
  readonly domain: 'event' | 'processing';
  readonly at: number;
}

/** What the function does when a timer fires, for each key at most `times` times in the whole scenario. */
export interface TimerRule {
  readonly domain: 'event' | 'processing';
  readonly at: number;
  readonly times: number;
  readonly do: readonly TimerCommand[];
}

/** A keyed process function driven by `TimerElement`s and rules. */
export interface TimersSettings {
  readonly kind: 'timers';
  readonly onTimer: readonly TimerRule[];
}

/** Keyed state driven by `StateElement`s; `ttl` in ms of processing time, renewed by writes or also by reads. */
export interface StateSettings {
  readonly kind: 'state';
  readonly ttl?: number;
  readonly ttlUpdate?: 'write' | 'readAndWrite';
}

/** One operation on state: `v` is what is written (a list for `list.set`), `m` the key within the map. */
export interface StateCommand {
  readonly op: string;
  readonly v?: number | readonly number[];
  readonly m?: string;
}

/** The element of topic `state`; every read emits `{ k, op, result }`. */
export interface StateElement {
  readonly k: string;
  readonly do: readonly StateCommand[];
}

/** The watermark assigner in mid-stream; timestamps come from field `v` or are the record's own. */
export interface AssignTimestampsSettings {
  readonly kind: 'timestampsAndWatermarks';
  readonly strategy: { readonly kind: 'bounded' | 'perRecord'; readonly bound: number } | { readonly kind: 'ascending' | 'none' };
  readonly timestamps: 'value' | 'record';
  /** Ms between two chances to emit. */
  readonly interval: number;
  readonly idleTimeout?: number;
}

/** What combines watermarks: n channels before an input, two inputs of an operator, or the splits of a reader. */
export type CombinerSettings = { readonly kind: 'valve'; readonly channels: number } | { readonly kind: 'twoInput' | 'splits' };

/** The settings of what a scenario plays into. */
export type OperatorSettings =
  | WindowSettings
  | CountWindowSettings
  | WindowJoinSettings
  | IntervalJoinSettings
  | RollingSettings
  | TimersSettings
  | StateSettings
  | AssignTimestampsSettings
  | CombinerSettings;

/** The usual element: a key, a value and in some topics a third number (session gap or identity). */
export interface ElementValue {
  readonly k: string;
  readonly v: number;
  readonly g?: number;
}

/** The element of topic `timers`; with `echo` the function also emits `{ k, wm, now }`. */
export interface TimerElement {
  readonly k: string;
  readonly echo?: boolean;
  readonly do: readonly TimerCommand[];
}

/** One thing done to the operator; `README.md` tells each step's meaning. */
export type Step =
  | { readonly op: 'element'; readonly input: number; readonly value: ElementValue | TimerElement | StateElement; readonly ts: Time | null }
  | { readonly op: 'watermark'; readonly input: number; readonly ts: Time }
  | { readonly op: 'status'; readonly input: number; readonly idle: boolean }
  | { readonly op: 'processingTime'; readonly ts: number }
  | { readonly op: 'backPressure'; readonly on: boolean }
  | { readonly op: 'snapshotRestore'; readonly processingTime?: number }
  | { readonly op: 'register' | 'unregister'; readonly input: number }
  | { readonly op: 'end' | 'finish' };

/** What a window function emits; which fields are there depends on the function. */
export interface WindowValue {
  readonly k: string;
  readonly start: number | null;
  readonly end: number | null;
  readonly sum?: number;
  readonly count?: number;
  readonly values?: readonly number[];
  readonly wm?: Time;
  readonly firing?: number;
  readonly total?: number;
}

/** One emission, with the index of the step that caused it; `timer` is the time of the timer that caused it, when one did. */
export type Output =
  | { readonly step: number; readonly kind: 'record'; readonly value: Readonly<Record<string, unknown>>; readonly ts: Time | null; readonly timer?: Time }
  | { readonly step: number; readonly kind: 'side'; readonly tag: string; readonly value: Readonly<Record<string, unknown>>; readonly ts: Time | null }
  | { readonly step: number; readonly kind: 'watermark'; readonly ts: Time }
  | { readonly step: number; readonly kind: 'status'; readonly idle: boolean }
  | { readonly step: number; readonly kind: 'error'; readonly message?: string };

/** One call of a window's trigger, noted in topic `session-merge`. */
export interface TriggerCall {
  readonly step: number;
  readonly call: 'onElement' | 'onEventTime' | 'onProcessingTime' | 'onMerge' | 'clear';
  readonly start: number;
  readonly end: number;
  readonly time?: number;
}

/** One line of a data file. */
export interface Scenario<Settings extends OperatorSettings = OperatorSettings> {
  readonly name: string;
  readonly operator: Settings;
  /** Rules of the semantics page (`R20`) by which Millrace departs from this outcome on purpose. */
  readonly differs?: readonly string[];
  /** True when Flink refused the settings; there are no steps then. */
  readonly error?: boolean;
  readonly message?: string;
  readonly steps: readonly Step[];
  readonly outputs: readonly Output[];
  /** Pending timers after each step, where the operator has timers. */
  readonly eventTimers?: readonly number[];
  readonly processingTimers?: readonly number[];
  readonly triggerCalls?: readonly TriggerCall[];
  readonly counters?: { readonly numLateRecordsDropped?: number; readonly keyedStateEntries?: number };
}

/** One line of `window-assigners.ndjson`: timestamps with the windows `[start, end]` they get, in Flink's order. */
export interface AssignerTable {
  readonly name: string;
  readonly operator: AssignerSettings;
  readonly error?: boolean;
  readonly table: readonly (readonly [ts: number, windows: readonly (readonly [start: number, end: number])[]])[];
}

/** The content of `key-groups.json`. */
export interface KeyGroupTables {
  readonly maxima: readonly number[];
  /** A 32-bit key hash, its murmur finalisation, and its key group for each of `maxima`. */
  readonly hashes: readonly (readonly [hash: number, murmur: number, keyGroups: readonly number[]])[];
  readonly assignments: readonly {
    readonly maxParallelism: number;
    readonly parallelism: number;
    /** First and last key group of each subtask; both ends belong to it, an empty range has last < first. */
    readonly ranges: readonly (readonly [first: number, last: number])[];
    /** The subtask of each key group, for the first 4096 groups at most. */
    readonly subtaskOfKeyGroup: readonly number[];
  }[];
}

function read(file: string): string {
  return readFileSync(new URL(`./data/${file}`, import.meta.url), 'utf8');
}

function lines(file: string): string[] {
  return read(file).trimEnd().split('\n');
}

/** Reads the scenarios of a topic; name the settings' type to have it on `operator`. */
export function loadScenarios<Settings extends OperatorSettings = OperatorSettings>(topic: Topic): readonly Scenario<Settings>[] {
  return lines(`${topic}.ndjson`).map((line) => JSON.parse(line) as Scenario<Settings>);
}

/** Reads the tables of windows assigned to timestamps. */
export function loadAssignerTables(): readonly AssignerTable[] {
  return lines('window-assigners.ndjson').map((line) => JSON.parse(line) as AssignerTable);
}

/** Reads the tables of key hashes, key groups and their subtasks. */
export function loadKeyGroupTables(): KeyGroupTables {
  return JSON.parse(read('key-groups.json')) as KeyGroupTables;
}

/** A time as a number: the ends of the range become infinities. */
export function timeOf(time: Time): number {
  return time === 'MAX' ? Infinity : time === 'MIN' ? -Infinity : time;
}
