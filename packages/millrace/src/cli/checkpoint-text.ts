import { formatDuration, type CheckpointDescription } from '@millrace/core/spi';
import { timeText } from './job-view.js';
import { bytes, count, table } from './table.js';

/** Splits that are shown; there may be thousands. */
const SPLITS_SHOWN = 8;

/** A checkpoint for people: operators with their states, sources with their positions. */
export function checkpointText(checkpoint: CheckpointDescription): string {
  const { kind, checkpointId, job, takenAt, bytes: size, run, operators, sources, drained, keyIds, path } = checkpoint;
  const lines: [string, string][] = [
    [kind, `${checkpointId ?? '?'} of ${job ?? '?'}${drained ? ', drained' : ''}`],
    ['taken', `${takenAt === undefined ? '?' : new Date(takenAt).toISOString()} in run ${run ?? '?'}`],
    ['size', `${bytes(size ?? 0)}${keyIds.length === 0 ? '' : `, encrypted with ${keyIds.join(', ')}`}`],
    ['manifest', path],
  ];
  const head = lines.map(([name, value]) => `${`${name}:`.padEnd(11)} ${value}\n`).join('');
  return `${head}${operators.length === 0 ? '' : `\n${operatorsText(operators)}`}${operators.some(({ states }) => states.length > 0) ? `\n${statesText(operators)}` : ''}${sources.map(sourceText).join('')}`;
}

function operatorsText(operators: CheckpointDescription['operators']): string {
  const rows = operators.map(({ uid, parallelism, maxParallelism, watermark, keyType, bytes: size }) => [uid, `${parallelism} of ${maxParallelism}`, bytes(size), timeText(watermark), keyType ?? '']);
  return table([['OPERATOR', 'PARALLELISM', 'SIZE', 'WATERMARK', 'KEYED BY'], ...rows]);
}

function statesText(operators: CheckpointDescription['operators']): string {
  const rows = operators.flatMap(({ uid, states }) => states.map(({ name, kind, type, keys, entries, ttlMs, version, namespaced }) => [
    uid, name, `${kind}${namespaced ? ' per window' : ''}`, keys === undefined ? '' : count(keys), entries === undefined ? '' : count(entries),
    [type, ...(version > 1 ? [`version ${version}`] : []), ...(ttlMs === undefined ? [] : [`kept ${formatDuration(ttlMs)}`])].filter((part) => part !== undefined).join(', '),
  ]));
  return table([['OPERATOR', 'STATE', 'KIND', 'KEYS', 'ENTRIES', 'TYPE'], ...rows]);
}

function sourceText({ uid, splits }: CheckpointDescription['sources'][number]): string {
  const shown = splits.slice(0, SPLITS_SHOWN).map((split) => `  ${splitText(split)}\n`);
  const more = splits.length > SPLITS_SHOWN ? `  and ${splits.length - SPLITS_SHOWN} more\n` : '';
  return `\nsource ${uid}: ${splits.length} ${splits.length === 1 ? 'split' : 'splits'}\n${shown.join('')}${more}`;
}

function splitText(split: unknown): string {
  const text = JSON.stringify(split, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)) ?? '';
  return text.length > 160 ? `${text.slice(0, 157)}...` : text;
}
