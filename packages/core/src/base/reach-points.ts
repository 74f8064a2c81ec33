/**
 * Named moments of a run at which a crash is worth trying. Each name says what has happened and what has not: the code
 * that reaches the moment calls `platform.points.reach(name)` there. None lies in the path of a record.
 */
export const REACH_POINTS = [
  /** The barrier of a checkpoint is on its way to the sources. */
  'barrier-injected',
  /** A subtask has the barrier of some of its channels and waits for the others. */
  'mid-alignment',
  /** The barrier has come; nothing of the subtask's state is fixed yet. */
  'before-sync-snapshot',
  /** The state is fixed, its bytes are still to be written. */
  'after-sync-snapshot',
  /** The subtask's snapshot is whole, nobody knows of it. */
  'before-ack',
  /** Some subtasks have acknowledged, others have not. */
  'between-acks',
  /** A file of a checkpoint is open and has a part of its bytes. */
  'during-upload',
  /** A file has all its bytes durably, under its temporary name. */
  'before-rename',
  /** A file has its name, which is not durable yet. */
  'before-directory-sync',
  /** All bytes of a checkpoint are durable; its manifest is not written. */
  'before-manifest',
  /** The manifest is durable; nothing says yet that sinks may have committed. */
  'before-committing-mark',
  /** The checkpoint is complete; no subtask knows. */
  'before-notify',
  /** A sink has committed; others may still have to. */
  'after-commit',
  /** A sink has committed all that it may; no checkpoint says so yet. */
  'before-commit-recorded',
  /** A restore has read a part of the checkpoint's files. */
  'during-restore-read',
  /** Some subtasks have their restored state, others do not. */
  'during-restore',
] as const;

/** The name of a moment worth crashing at. */
export type ReachPoint = (typeof REACH_POINTS)[number];

/** Whoever wants to know that a moment was reached: tests of failures. In a product run nobody does. */
export interface ReachPoints {
  /** Called at the moment itself, in the thread that reaches it. May never return. */
  reach(point: ReachPoint): void;
}

/** Nobody listens. */
export const NO_REACH_POINTS: ReachPoints = Object.freeze({ reach: () => {} });
