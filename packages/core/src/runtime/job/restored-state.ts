import type { CompletedCheckpoint } from '../../checkpoint/completed-checkpoint.js';
import type { ExecutionGraph } from '../../graph/execution-graph.js';
import type { OperatorSnapshot } from '../../state/operator-snapshot.js';
import { readSnapshot } from '../../state/snapshot-reader.js';
import type { RestoredSubtask } from '../../task/ports.js';
import { RestoredMaxParallelismDiffers, RestoredSourceDiffers, RestoredStateUnclaimed } from '../errors.js';

/** Refuses a restored checkpoint that does not fit the job, by name, before a record is read (rules 36, 44). */
export function checkRestored(graph: ExecutionGraph, restore: CompletedCheckpoint | undefined, dropState: readonly string[]): void {
  if (restore === undefined) return;
  const { job } = graph.jobGraph;
  const known = new Map(graph.jobGraph.vertices.flatMap((vertex) => vertex.operators.map((operator) => [operator.uid, { operator, vertex }])));
  for (const [uid, snapshots] of restore.operators) {
    const place = known.get(uid);
    if (place === undefined && !dropState.includes(uid) && snapshots.some(holdsState)) {
      throw RestoredStateUnclaimed.error({ what: `checkpoint ${restore.checkpointId} holds state of the operator with uid "${uid}", which job "${job}" does not have`, where: { job } });
    }
    const taken = snapshots[0]?.maxParallelism;
    if (place === undefined || taken === undefined || taken === place.vertex.maxParallelism) continue;
    throw RestoredMaxParallelismDiffers.error({
      what: `operator "${place.operator.node.name}" was saved with maximum parallelism ${taken} and now has ${place.vertex.maxParallelism}`,
      where: { job, operator: place.operator.node.name },
    });
  }
  for (const [uid, { type }] of restore.sources) {
    const { node } = known.get(uid)?.operator ?? {};
    if (node !== undefined && type !== undefined && type !== node.type) {
      throw RestoredSourceDiffers.error({ what: `checkpoint ${restore.checkpointId} holds positions of a ${type} with uid "${uid}", and "${node.name}", which has that uid now, is a ${node.type}`, where: { job, operator: node.name } });
    }
    if (node !== undefined || dropState.includes(uid)) continue;
    throw RestoredStateUnclaimed.error({ what: `checkpoint ${restore.checkpointId} holds positions of the source with uid "${uid}", which job "${job}" does not have`, where: { job } });
  }
}

/** Uids that were to be renamed or dropped and that the checkpoint does not hold: misspelt, or done by an earlier restart. */
export function unknownUids(restore: CompletedCheckpoint, mapUid: Readonly<Record<string, string>>, dropState: readonly string[]): readonly string[] {
  const isHeld = (uid: string): boolean => restore.operators.has(uid) || restore.sources.has(uid);
  const renamed = Object.entries(mapUid).flatMap(([old, now]) => (isHeld(old) || isHeld(now) ? [] : [old]));
  const dropped = dropState.filter((entry) => !isHeld(entry) && !isHeld(entry.slice(0, Math.max(0, entry.lastIndexOf('/')))));
  return [...renamed, ...dropped];
}

/** Many operators, sinks among them, declare lists that hold nothing when the checkpoint is taken: nothing is lost with them. */
function holdsState({ keyGroups, ...rest }: OperatorSnapshot): boolean {
  if (keyGroups.length > 0) return true;
  if (rest.operatorState === undefined) return false;
  try {
    return readSnapshot({ ...rest, keyGroups: [] }).next().done !== true;
  } catch {
    return true;
  }
}

/**
 * What subtasks are given that start again alone: what their former selves have left. Undefined when the checkpoint does
 * not hold one snapshot of each subtask, so that it is not known whose is whose.
 */
export function restoredAlone(restore: CompletedCheckpoint, graph: ExecutionGraph, dropState: readonly string[]): RestoredSubtask | undefined {
  for (const { operators, parallelism } of graph.jobGraph.vertices) {
    for (const { uid } of operators) if (![0, parallelism].includes(restore.operators.get(uid)?.length ?? 0)) return undefined;
  }
  return { operators: restore.operators, dropState, own: true };
}

/** What each subtask is given: all snapshots of its operators, of which it takes the key groups that are its own. */
export function restoredSubtask(restore: CompletedCheckpoint, dropState: readonly string[]): RestoredSubtask {
  return { operators: restore.operators, dropState };
}
