import { timeText, verticesOf, type JobView, type SubtaskView, type VertexView } from './job-view.js';
import { span } from './table.js';

/** More of its time than this (per thousand) makes a subtask back-pressured, or busy. */
const MUCH = 500;

/** When a sink for files closes one; its options are not part of what a job tells of itself. */
const CLOSED = 'a file has been closed (after 60 s or 128 MiB, unless rollAfter and rollBytes say otherwise)';

/**
 * Why a job gives nothing out, or not yet, as far as it can be seen from outside: sentences, the weightiest first. Empty when
 * nothing stands in its way.
 */
export function explainSilence(view: JobView): readonly string[] {
  if (view.state !== 'RUNNING') return [stateText(view)];
  const vertices = verticesOf(view);
  return [...pressure(vertices), ...held(vertices), ...input(vertices), ...eventTime(vertices), ...commits(view)];
}

function stateText({ state, failures }: JobView): string {
  const last = failures.at(-1);
  switch (state) {
    case 'RESTARTING':
      return `it waits to be started again after ${last?.code ?? 'an error'}: ${last?.message ?? 'unknown'}`;
    case 'INITIALIZING':
    case 'CREATED':
      return 'it is being started: state is restored and operators are opened';
    default:
      return `it is ${state}`;
  }
}

/** Who waits for whom: down the graph to the first that does not wait itself. */
function pressure(vertices: readonly VertexView[]): string[] {
  const waits = (vertex: VertexView): boolean => vertex.subtasks.some((subtask) => subtask.backPressured > MUCH || subtask.isBlocked);
  const found = new Map<string, string[]>();
  for (const vertex of vertices.filter(waits)) {
    for (const slow of slowestBehind(vertex, vertices, waits)) found.set(slow.name, [...(found.get(slow.name) ?? []), vertex.name]);
  }
  return [...found].map(([slow, waiting]) => {
    const busy = Math.max(0, ...(vertices.find(({ name }) => name === slow)?.subtasks ?? []).map((subtask) => subtask.busy));
    const how = busy > 0 ? ` (busy ${Math.round(busy / 10)} % of its time)` : '';
    return `back pressure: ${waiting.join(', ')} ${waiting.length === 1 ? 'waits' : 'wait'} for ${slow}${how}. More parallelism there, or a faster sink behind it, helps`;
  });
}

function slowestBehind(vertex: VertexView, vertices: readonly VertexView[], waits: (vertex: VertexView) => boolean): VertexView[] {
  const seen = new Set<number>();
  const visit = (id: number): VertexView[] => {
    const next = vertices.find((one) => one.id === id);
    if (next === undefined || seen.has(id)) return [];
    seen.add(id);
    return waits(next) ? next.outputs.flatMap(visit) : [next];
  };
  const behind = vertex.outputs.flatMap(visit);
  const busiest = Math.max(0, ...behind.flatMap(({ subtasks }) => subtasks.map(({ busy }) => busy)));
  return behind.filter(({ subtasks }) => subtasks.some(({ busy }) => busy === busiest));
}

function held(vertices: readonly VertexView[]): string[] {
  const subtasks = vertices.flatMap((vertex) => vertex.subtasks).filter(({ isHeld }) => isHeld);
  return subtasks.length === 0 ? [] : [`${names(subtasks)} ${subtasks.length === 1 ? 'waits' : 'wait'} for a sink, or for asynchronous calls that are at their capacity`];
}

function input(vertices: readonly VertexView[]): string[] {
  const sources = vertices.filter(({ isSource }) => isSource);
  const empty = sources.filter(({ subtasks }) => subtasks.length > 0 && subtasks.every(({ records }) => records === 0));
  return empty.length === 0 ? [] : [`${empty.map(({ name }) => name).join(', ')} ${empty.length === 1 ? 'has' : 'have'} read no record yet`];
}

/** Event time of a vertex is that of the slowest of those who send to it. */
function eventTime(vertices: readonly VertexView[]): string[] {
  const out: string[] = [];
  for (const vertex of vertices) {
    const senders = sendersTo(vertex, vertices).filter(({ phase }) => phase !== 'ended');
    if (senders.length === 0) continue;
    const idle = senders.filter(({ isIdle }) => isIdle);
    const active = senders.filter(({ isIdle }) => !isIdle);
    if (idle.length > 0) out.push(`${names(idle)} ${idle.length === 1 ? 'is' : 'are'} idle: ${vertex.name} does not wait for ${idle.length === 1 ? 'it' : 'them'}${active.length === 0 ? ', and its event time stands still' : ''}`);
    const lowest = Math.min(...active.map(({ emittedWatermark }) => emittedWatermark));
    const highest = Math.max(...active.map(({ emittedWatermark }) => emittedWatermark));
    const last = active.filter(({ emittedWatermark }) => emittedWatermark === lowest);
    if (lowest === Number.NEGATIVE_INFINITY) out.push(`${vertex.name} has no event time yet: ${names(last)} ${last.length === 1 ? 'has' : 'have'} given no watermark. Windows and event-time timers wait for it. Is there a watermark strategy, and does every split have records (idleness)?`);
    else if (Number.isFinite(lowest) && active.length > last.length && highest > lowest) out.push(`event time of ${vertex.name} is held at ${timeText(lowest)} by ${names(last)}; the others are up to ${span(highest - lowest)} ahead`);
    else if (Number.isFinite(lowest)) out.push(`event time of ${vertex.name} stands at ${timeText(lowest)}: windows that end later have not fired yet`);
  }
  return out;
}

/** Who gives a vertex its event time: those that send to it, and its own source where it has one as well. */
function sendersTo(vertex: VertexView, vertices: readonly VertexView[]): readonly SubtaskView[] {
  const senders = vertex.inputs.flatMap((id) => vertices.find((one) => one.id === id)?.subtasks ?? []);
  const own = vertex.isSource && senders.length > 0 ? vertex.subtasks.map((subtask) => ({ ...subtask, emittedWatermark: subtask.watermark })) : [];
  return [...senders, ...own];
}

/** Sinks that show rows only when a checkpoint is complete; those for files show them only when a file has been closed, too. */
function commits({ operators, checkpoints, plan, now }: JobView): string[] {
  const sinks = operators.filter(({ guarantee, type }) => guarantee === 'exactly-once' && type !== 'discard-sink');
  const files = sinks.filter(({ type }) => type === 'file-sink').map(({ name }) => name);
  const others = sinks.filter(({ type }) => type !== 'file-sink').map(({ name }) => name);
  const show = (who: readonly string[], when: string): string[] => (who.length === 0 ? [] : [`${who.join(', ')} ${who.length === 1 ? 'shows its rows' : 'show their rows'} when ${when}`]);
  if (checkpoints === undefined) {
    // Without checkpoints a job that never ends commits what is written as it goes.
    const ends = plan.vertices.every((vertex) => vertex.operators.every(({ source }) => source?.bounded !== false));
    return ends ? show([...files, ...others], 'the job ends: it has no checkpoints') : show(files, `${CLOSED}: the job has no checkpoints`);
  }
  const last = checkpoints.last === undefined ? 'none is complete yet' : `the last is ${span(now - checkpoints.last.at)} old`;
  const failed = checkpoints.lastFailure === undefined || checkpoints.lastFailure.at < (checkpoints.last?.at ?? 0) ? '' : `; the newest one failed: ${checkpoints.lastFailure.message}`;
  return [...show(others, `a checkpoint is complete: ${last}${failed}`), ...show(files, `${CLOSED} and then a checkpoint is complete: ${last}${failed}`)];
}

/** At most a few names: there may be hundreds. */
function names(subtasks: readonly SubtaskView[]): string {
  const shown = subtasks.slice(0, 4).map(({ name }) => name);
  return subtasks.length > shown.length ? `${shown.join(', ')} and ${subtasks.length - shown.length} more` : shown.join(', ');
}
