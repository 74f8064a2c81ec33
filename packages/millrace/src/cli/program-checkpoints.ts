import type { Command } from 'commander';
import type { CheckpointsCommand } from './checkpoints.js';
import { WrongUse } from './errors.js';

type Given = Readonly<Record<string, unknown>>;

const PATH = ['<DIR>', 'a directory of checkpoints, the directory of a savepoint, or the manifest of one checkpoint'] as const;

/** Adds the verb that looks into checkpoints without a job. */
export function addCheckpointsVerb(program: Command, act: (command: CheckpointsCommand) => Promise<void>): void {
  const checkpoints = program
    .command('checkpoints')
    .description('look into checkpoints and savepoints without running anything')
    .usage('list|verify|show DIR [options]')
    .addHelpText('after', '\nAll options of one: millrace checkpoints show --help');
  checkpoints
    .command('list')
    .description('list the checkpoints and savepoints in a directory')
    .argument(...PATH)
    .option('--json', 'as JSON')
    .action((path: string, given: Given) => act({ verb: 'list', path, json: given['json'] === true, id: undefined, rows: undefined }));
  checkpoints
    .command('verify')
    .description('read every byte of all checkpoints in a directory, and fail when one is damaged')
    .argument(...PATH)
    .option('--id <N>', 'only the checkpoint of this number')
    .option('--json', 'as JSON, one line for each checkpoint')
    .action((path: string, given: Given) => act({ verb: 'verify', path, json: given['json'] === true, id: idOf(given), rows: undefined }));
  checkpoints
    .command('show')
    .description('say what is in the newest checkpoint; with --operator, --state, --key or --rows its contents as JSON lines')
    .argument(...PATH)
    .option('--id <N>', 'the checkpoint of this number')
    .option('--operator <UID>', 'entries of one operator')
    .option('--state <NAME>', 'entries of one state')
    .option('--key <KEY>', 'entries of one key: a text, a number or JSON; may be repeated', (key: string, before: readonly string[] | undefined) => [...(before ?? []), key])
    .option('--rows', 'all entries')
    .option('--json', 'as JSON')
    .action((path: string, given: Given) => act({ verb: 'show', path, json: given['json'] === true, id: idOf(given), rows: rowsOf(given) }));
}

function rowsOf(given: Given): CheckpointsCommand['rows'] {
  const keys = (given['key'] ?? []) as readonly string[];
  const [operator, state] = [given['operator'] as string | undefined, given['state'] as string | undefined];
  return given['rows'] === true || operator !== undefined || state !== undefined || keys.length > 0 ? { operator, state, keys } : undefined;
}

function idOf(given: Given): number | undefined {
  const text = given['id'] as string | undefined;
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw WrongUse.error({ what: `--id takes the number of a checkpoint, not "${text}"` });
}
