import { timeText, verticesOf, type JobView, type SubtaskView } from './job-view.js';
import { explainSilence } from './silence.js';
import { bytes, count, span, table } from './table.js';

/** A running job for people: what it is, what its subtasks do, its checkpoints and failures, and why it may be silent. */
export function describeText(view: JobView): string {
  const silence = explainSilence(view);
  return [
    headText(view),
    `\n${subtasksText(view)}`,
    ...(silence.length === 0 ? [] : [`\nNo output, or too little?\n${silence.map((line) => `- ${line}\n`).join('')}`]),
    failuresText(view),
  ].join('');
}

function headText(view: JobView): string {
  const { recordsIn, recordsOut } = view.progress;
  const lines: [string, string][] = [
    ['job', `${view.job} (id ${view.id}, process ${view.pid}${view.epoch > 1 ? `, run ${view.epoch}` : ''})`],
    ['state', `${view.state} for ${span(view.now - view.startedAt)}${view.restarts === 0 ? '' : `, started again ${view.restarts} ${view.restarts === 1 ? 'time' : 'times'}`}`],
    ['records', `${count(recordsIn)} in · ${count(recordsOut)} results out`],
    ['parallelism', `${view.parallelism} of at most ${view.maxParallelism}`],
    ['checkpoints', checkpointsText(view)],
  ];
  return lines.map(([name, value]) => `${`${name}:`.padEnd(13)} ${value}\n`).join('');
}

function checkpointsText({ checkpoints, checkpointDirectory, now }: JobView): string {
  if (checkpoints === undefined) return 'none: no directory was given';
  const { last, completed, failed, inProgress, lastFailure } = checkpoints;
  const parts = [
    last === undefined ? 'none complete yet' : `the last, ${last.checkpointId}, ${span(now - last.at)} ago (took ${last.durationMs} ms, ${bytes(last.bytes)}, ${bytes(last.newBytes)} of it new)`,
    `${count(completed)} complete`,
    ...(failed === 0 ? [] : [`${count(failed)} failed, the last ${span(now - (lastFailure?.at ?? now))} ago: ${lastFailure?.message ?? ''}`]),
    ...(inProgress === undefined ? [] : [`${inProgress.checkpointId} under way for ${span(now - inProgress.since)}, acknowledged by ${inProgress.acknowledged}`]),
  ];
  return `${parts.join(' · ')}${checkpointDirectory === undefined ? '' : `\n${' '.repeat(14)}${checkpointDirectory}`}`;
}

function subtasksText(view: JobView): string {
  const rows = verticesOf(view).flatMap(({ name, parallelism, subtasks }) =>
    Array.from({ length: parallelism }, (_, index) => {
      const own = `${name} [${index}]`;
      const reported = subtasks.find((subtask) => subtask.name === own);
      return reported === undefined ? [own, 'not reported yet', '?', '?', '?', '?', '?'] : subtaskRow(reported);
    }));
  return table([['SUBTASK', 'STATE', 'RECORDS', 'BUSY', 'IDLE', 'BACK-PRESSURED', 'WATERMARK'], ...rows]);
}

function subtaskRow(subtask: SubtaskView): string[] {
  const state = [subtask.phase, ...(subtask.isBlocked ? ['blocked'] : []), ...(subtask.isHeld ? ['held'] : []), ...(subtask.isIdle ? ['idle'] : [])].join(', ');
  return [subtask.name, state, count(subtask.records), percent(subtask.busy), percent(subtask.idle), percent(subtask.backPressured), timeText(Math.max(subtask.watermark, subtask.emittedWatermark))];
}

function percent(perThousand: number): string {
  return `${Math.round(perThousand / 10)} %`;
}

function failuresText({ failures, now }: JobView): string {
  if (failures.length === 0) return '';
  const lines = failures.map((failure) => {
    const where = failure.where.operator === undefined ? '' : ` at ${failure.where.operator}`;
    const row = failure.inARow > 1 ? `, ${failure.inARow} times in a row` : '';
    const then = failure.restartAfterMs === undefined ? '' : `; it went on from ${failure.restoredFrom === undefined ? 'the start' : `checkpoint ${failure.restoredFrom}`}`;
    return `- ${span(now - failure.at)} ago${where}${row}: ${failure.code ?? 'an error'}, ${failure.message}${then}\n`;
  });
  return `\nFailures, the last ${failures.length}\n${lines.join('')}`;
}
