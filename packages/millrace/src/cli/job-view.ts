import type { JobDescription, Plan } from '@millrace/core/spi';

/** What a job answers to `describe`. Numbers that JSON has no form for (an infinite watermark) come as text. */
export interface JobView extends JobDescription {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  /** The clock of the job's machine, epoch milliseconds. */
  readonly now: number;
  readonly checkpointDirectory?: string;
  readonly progress: { readonly recordsIn: number; readonly recordsOut: number; readonly seconds: number };
  readonly plan: Plan;
}

/** One vertex of the plan with its subtasks, summed up. */
export interface VertexView {
  readonly id: number;
  readonly name: string;
  readonly isSource: boolean;
  readonly parallelism: number;
  /** Those that have reported: after a start or a rescale not all have yet. */
  readonly subtasks: readonly SubtaskView[];
  /** Ids of the vertices that feed it, and of those it feeds. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** What `describe` needs of a subtask, with its numbers as numbers. */
export interface SubtaskView {
  readonly name: string;
  readonly phase: string;
  readonly records: number;
  readonly watermark: number;
  readonly emittedWatermark: number;
  readonly isIdle: boolean;
  readonly isBlocked: boolean;
  readonly isHeld: boolean;
  /** Per thousand of its time; undefined while nobody has measured. */
  readonly busy: number;
  readonly idle: number;
  readonly backPressured: number;
}

/** The vertices of a job in the order of its plan, each with its subtasks. */
export function verticesOf({ plan, subtasks }: JobView): readonly VertexView[] {
  return plan.vertices.map((vertex) => ({
    id: vertex.id,
    name: vertex.name,
    parallelism: vertex.parallelism,
    isSource: vertex.operators.some(({ kind }) => kind === 'source'),
    subtasks: subtasks.filter(({ name }) => name.replace(/ \[\d+\]$/, '') === vertex.name).map(viewOf),
    inputs: plan.edges.filter(({ to }) => to === vertex.id).map(({ from }) => from),
    outputs: plan.edges.filter(({ from }) => from === vertex.id).map(({ to }) => to),
  }));
}

function viewOf(subtask: JobDescription['subtasks'][number]): SubtaskView {
  const { metrics } = subtask;
  return {
    name: subtask.name,
    phase: subtask.phase,
    records: subtask.recordsIn,
    watermark: Number(subtask.watermark),
    emittedWatermark: Number(subtask.emittedWatermark),
    isIdle: subtask.isIdle,
    isBlocked: subtask.isOutputBlocked,
    isHeld: subtask.isHeld,
    busy: metrics.busyTimeMsPerSecond,
    idle: metrics.idleTimeMsPerSecond,
    backPressured: metrics.backPressuredTimeMsPerSecond,
  };
}

/** A watermark as people read it. */
export function timeText(watermark: number): string {
  if (watermark === Number.POSITIVE_INFINITY) return 'end';
  if (watermark === Number.NEGATIVE_INFINITY || Number.isNaN(watermark)) return 'none';
  const date = new Date(watermark);
  return Number.isNaN(date.getTime()) ? String(watermark) : date.toISOString().replace('.000Z', 'Z');
}
