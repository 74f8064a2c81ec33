import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describeCheckpoint, keysFromText, listCheckpoints, nodePlatform, readState, verifyCheckpoint, type CheckpointEntry, type CheckpointVerification, type StateRow } from '@millrace/core/spi';
import { jsonLine } from '@millrace/core/command';
import { checkpointText } from './checkpoint-text.js';
import { WrongUse } from './errors.js';
import { EXIT } from './exit-codes.js';
import { bytes, count, span, table } from './table.js';
import { taggedJson } from './tagged-json.js';
import type { Terminal } from './terminal.js';

/** What `millrace checkpoints` was given. */
export interface CheckpointsCommand {
  readonly verb: 'list' | 'verify' | 'show';
  /** A directory of checkpoints, the directory of a savepoint, or a manifest. */
  readonly path: string;
  readonly json: boolean;
  /** One of several checkpoints; the newest, unless given. */
  readonly id: number | undefined;
  /** Whether rows of state are wanted, and which. */
  readonly rows: { readonly operator: string | undefined; readonly state: string | undefined; readonly keys: readonly string[] } | undefined;
}

/** Characters that are written at once. */
const CHUNK = 64 * 1024;

/** Looks into checkpoints and savepoints without running anything. */
export async function checkpointsCommand(command: CheckpointsCommand, terminal: Terminal): Promise<number> {
  if (!existsSync(command.path)) throw WrongUse.error({ what: `there is nothing at ${command.path}`, where: { file: command.path }, remedy: 'Give a directory of checkpoints, the directory of a savepoint, or the manifest of one checkpoint.' });
  switch (command.verb) {
    case 'list':
      return list(command, terminal);
    case 'verify':
      return verify(command, terminal);
    case 'show':
      return command.rows === undefined ? show(command, terminal) : showRows(command, command.rows, terminal);
  }
}

/** Several checkpoints may lie in a directory; the one that a number means has its manifest there. */
function chosen({ path, id }: CheckpointsCommand): string {
  if (id === undefined) return path;
  if (path.endsWith('.json')) throw WrongUse.error({ what: `${path} is one checkpoint already, so --id ${id} makes no sense` });
  return join(path, `checkpoint-${id}.json`);
}

function list({ path, json }: CheckpointsCommand, terminal: Terminal): number {
  const entries = listCheckpoints(nodePlatform(), path);
  if (json) terminal.out(`${JSON.stringify(entries)}\n`);
  else if (entries.length === 0) terminal.note(`there is no checkpoint in ${path}`);
  else terminal.out(table([['ID', 'KIND', 'JOB', 'TAKEN', 'SIZE', 'NEW', 'RUN', ''], ...entries.map(entryRow)]));
  return EXIT.finished;
}

function entryRow(entry: CheckpointEntry): string[] {
  const size = (value: number | undefined): string => (value === undefined ? '?' : bytes(value));
  const taken = entry.takenAt === undefined ? '?' : `${new Date(entry.takenAt).toISOString().replace(/\.\d+Z$/, 'Z')} (${span(Date.now() - entry.takenAt)} ago)`;
  const notes = [
    ...(entry.damage === undefined ? [] : [`DAMAGED: ${entry.damage}`]),
    ...(entry.drained ? ['drained'] : []),
    ...(entry.keyIds.length === 0 ? [] : [`encrypted with ${entry.keyIds.join(', ')}`]),
    ...(entry.kind === 'savepoint' ? [entry.directory] : []),
  ];
  return [String(entry.checkpointId ?? '?'), entry.kind, entry.job ?? '?', taken, size(entry.bytes), size(entry.newBytes), String(entry.run ?? '?'), notes.join(' · ')];
}

/** Without a number, every checkpoint that is there. Fails when any is damaged. */
function verify(command: CheckpointsCommand, terminal: Terminal): number {
  const platform = nodePlatform();
  const all = command.id === undefined && !command.path.endsWith('.json') ? listCheckpoints(platform, command.path).map(({ path }) => path) : [];
  if (all.length === 0 && command.id === undefined && isEmptyPlace(command.path)) {
    throw WrongUse.error({
      what: `there is no checkpoint in ${command.path}, so nothing can be verified`,
      where: { file: command.path },
      remedy: 'Give the directory that a job has as its checkpoint directory (--checkpoint-dir, or "checkpoint.directory" of its options), the directory of a savepoint, or a manifest. `millrace list --json` shows the checkpoint directories of running jobs.',
    });
  }
  const found = (all.length > 0 ? all : [chosen(command)]).map((path) => {
    const verification = verifyCheckpoint(platform, path);
    terminal.out(command.json ? jsonLine({ ...verification }) : verificationText(verification));
    return verification;
  });
  return found.some(({ problems }) => problems.length > 0) ? EXIT.failed : EXIT.finished;
}

/** A directory without a manifest, and without the files of a checkpoint that lost its own: those are damage. */
function isEmptyPlace(path: string): boolean {
  return statSync(path).isDirectory() && !readdirSync(path).some((name) => name.endsWith('.json') || name.endsWith('.bin'));
}

function verificationText({ path, kind, checkpointId, files, bytes: size, rows, problems }: CheckpointVerification): string {
  const name = `${kind} ${checkpointId ?? path}`;
  if (problems.length === 0) return `${name}: whole (${count(files)} files, ${bytes(size)}, ${count(rows)} entries of state)\n`;
  return `${name}: DAMAGED\n${problems.map(({ file, message }) => `  ${file}: ${message.split('\n')[0] ?? ''}\n`).join('')}`;
}

function show(command: CheckpointsCommand, terminal: Terminal): number {
  const description = describeCheckpoint(nodePlatform(), chosen(command));
  terminal.out(command.json ? `${JSON.stringify(taggedJson({ ...description, damage: description.damage ?? null }))}\n` : checkpointText(description));
  return EXIT.finished;
}

/** One line of JSON for each entry. Only a few of them are in memory at a time, and none is read ahead of a slow reader. */
async function showRows(command: CheckpointsCommand, { operator, state, keys }: NonNullable<CheckpointsCommand['rows']>, terminal: Terminal): Promise<number> {
  let isClosed = false;
  terminal.onClosed(() => {
    isClosed = true;
  });
  const query = {
    ...(operator === undefined ? {} : { operator }),
    ...(state === undefined ? {} : { state }),
    ...(keys.length === 0 ? {} : { keys: keys.flatMap((key) => keysFromText(key)) }),
  };
  let [text, rows] = ['', 0];
  for (const row of readState(nodePlatform(), chosen(command), query)) {
    text += rowLine(row);
    rows++;
    if (text.length < CHUNK) continue;
    await new Promise<void>((resolve) => terminal.out(text, resolve));
    text = '';
    if (isClosed) return EXIT.finished;
  }
  terminal.out(text);
  if (rows === 0) terminal.note('nothing there fits');
  return EXIT.finished;
}

function rowLine({ operator, state, kind, keyGroup, key, namespace, part, value, expiresAt }: StateRow): string {
  return `${JSON.stringify({
    operator, state, kind,
    ...(keyGroup < 0 ? {} : { keyGroup }),
    ...(key === undefined ? {} : { key: taggedJson(key) }),
    ...(namespace === null ? {} : { window: { start: taggedJson(namespace.start), end: taggedJson(namespace.end) } }),
    ...(part === undefined ? {} : { part: taggedJson(part) }),
    value: taggedJson(value),
    ...(expiresAt === undefined ? {} : { expiresAt: taggedJson(expiresAt) }),
  })}\n`;
}
