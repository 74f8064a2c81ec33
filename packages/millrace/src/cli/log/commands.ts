import type { LogPosition, NewLogSettings } from '@millrace/event-log';

/** How records are shown: their values, a line each, or all that is known of them as JSON lines. */
export const OUTPUTS = ['value', 'json'] as const;

/** To make a log. */
export interface CreateLog {
  readonly verb: 'create';
  readonly directory: string;
  readonly settings: NewLogSettings;
  /** A log that is there already is fine. */
  readonly ifMissing: boolean;
  readonly json: boolean;
}

/** How the lines of the input become records. */
export interface LineRules {
  /** Lines are whole records, as `read --output json` shows them. */
  readonly jsonLines: boolean;
  readonly key: string | undefined;
  readonly keyField: string | undefined;
  readonly timestamp: number | 'now' | undefined;
  readonly timestampField: string | undefined;
  readonly headers: readonly (readonly [string, Uint8Array])[];
}

/** To append lines to a log. */
export interface AppendToLog {
  readonly verb: 'append';
  readonly directory: string;
  /** Standard input unless given. */
  readonly file: string | undefined;
  readonly partition: number | undefined;
  readonly lines: LineRules;
  readonly skipBad: boolean;
  /** How long to wait for another writer of a partition. */
  readonly waitMs: number;
  readonly json: boolean;
}

/** To show records: those that are there, or as they come. */
export interface ReadLog {
  readonly verb: 'read' | 'tail';
  readonly directory: string;
  /** All when empty. */
  readonly partitions: readonly number[];
  readonly from: LogPosition;
  /** Begin so many records before the end instead. */
  readonly last: number | undefined;
  /** The present end for `read`, none for `tail`. */
  readonly until: LogPosition | undefined;
  readonly limit: number | undefined;
  readonly output: (typeof OUTPUTS)[number];
}

/** To say what is in a log, or what is wrong with it. */
export interface LookIntoLog {
  readonly verb: 'stat' | 'verify';
  readonly directory: string;
  readonly json: boolean;
}

/** To leave out what is no longer wanted. */
export interface CompactLog {
  readonly verb: 'compact';
  readonly directory: string;
  readonly partitions: readonly number[];
  /** Begin another segment first. */
  readonly seal: boolean;
  readonly waitMs: number;
  readonly json: boolean;
}

/** What `millrace log` was given. */
export type LogCommand = CreateLog | AppendToLog | ReadLog | LookIntoLog | CompactLog;
