import type { FsyncPolicy, NewLogSettings } from '@millrace/event-log';
import { Option, type Command } from 'commander';
import { WrongUse } from '../errors.js';
import { OUTPUTS, type LogCommand, type ReadLog } from './commands.js';
import { positionOf, sizeOf, spanOf, timeOf, wholeOf } from './words.js';

type Given = Readonly<Record<string, unknown>>;
type Act = (command: LogCommand) => Promise<void>;

const DIR = ['<DIR>', 'the directory of the log'] as const;
const POSITIONS = 'earliest|latest|OFFSET|TIME';
const TIMES = '\nTIME is ISO 8601 (2026-03-02T10:00Z; UTC where no zone is named), or epoch milliseconds with ms behind\n(1772445600000ms), and means the first record whose event time is not before it. Digits alone are an OFFSET.';

/** Adds the verbs about event logs. */
export function addLogVerb(program: Command, act: Act): void {
  const log = program
    .command('log')
    .description('make, fill, read and check an embedded event log')
    .usage('create|append|read|tail|stat|verify|compact DIR [options]')
    .addHelpText('after', '\nAll options of one: millrace log append --help');
  addCreate(log, act);
  addAppend(log, act);
  addReading(log, act);
  for (const [verb, description] of [
    ['stat', 'say what is in a log: offsets, records, sizes and times of each partition, and its settings'],
    ['verify', 'read every byte of a log, show every problem, and fail when something is damaged'],
  ] as const) {
    log.command(verb).description(description).argument(...DIR).option('--json', 'as JSON')
      .action((directory: string, given: Given) => act({ verb, directory, json: given['json'] === true }));
  }
  addCompact(log, act);
}

function addCreate(log: Command, act: Act): void {
  log
    .command('create')
    .description('make a log; its settings are the same for all who use it, for good')
    .argument(...DIR)
    .option('-p, --partitions <N>', 'how many partitions it has (default 1)')
    .option('--segment-bytes <SIZE>', 'a file of it this large is sealed (default 64 MiB)')
    .option('--segment-age <DURATION>', 'a file of it this old is sealed (default 7 d)')
    .option('--retention <DURATION>', 'records are kept for so long, for instance 7d (default: for ever)')
    .option('--retention-bytes <SIZE>', 'a partition keeps about so many bytes (default: no limit)')
    .option('--compact', 'log compact leaves only the newest record of each key')
    .option('--delete-retention <DURATION>', 'how long a deleted key is still shown as deleted (default 1 d)')
    .option('--max-record-bytes <SIZE>', 'a larger record is refused (default 16 MiB)')
    .option('--fsync <always|never|DURATION>', 'when records are forced to the disk: with every write, only when a file is sealed or closed, or so often (default 1 s)')
    .option('--if-missing', 'do nothing where there is a log already')
    .option('--json', 'show the settings as JSON')
    .action((directory: string, given: Given) => act({ verb: 'create', directory, settings: settingsOf(given), ifMissing: given['ifMissing'] === true, json: given['json'] === true }));
}

function settingsOf(given: Given): NewLogSettings {
  const text = (name: string): string | undefined => given[name] as string | undefined;
  const when = <K extends keyof NewLogSettings>(setting: K, name: string, parse: (text: string) => NewLogSettings[K]): Pick<NewLogSettings, K> | object => {
    const value = text(name);
    return value === undefined ? {} : { [setting]: parse(value) };
  };
  return {
    ...when('partitions', 'partitions', (value) => wholeOf(value, '--partitions')),
    ...when('segmentBytes', 'segmentBytes', (value) => sizeOf(value, '--segment-bytes')),
    ...when('segmentAge', 'segmentAge', (value) => spanOf(value, '--segment-age')),
    ...when('retention', 'retention', (value) => spanOf(value, '--retention')),
    ...when('retentionBytes', 'retentionBytes', (value) => sizeOf(value, '--retention-bytes')),
    ...(given['compact'] === true ? { compact: true } : {}),
    ...when('deleteRetention', 'deleteRetention', (value) => spanOf(value, '--delete-retention')),
    ...when('maxRecordBytes', 'maxRecordBytes', (value) => sizeOf(value, '--max-record-bytes')),
    ...when('fsync', 'fsync', (value): FsyncPolicy => (value === 'always' || value === 'never' ? value : { everyMs: spanOf(value, '--fsync') })),
  };
}

function addAppend(log: Command, act: Act): void {
  withWait(log
    .command('append')
    .description('append the lines of standard input, a record each; they are on the disk when the command ends')
    .argument(...DIR)
    .option('--file <FILE>', 'the lines of a file instead')
    .option('--partition <N>', 'to this partition (default: by the key, or in turn where there is none)')
    .option('--key <TEXT>', 'the key of every record')
    .option('--key-field <FIELD>', 'lines are JSON objects, and this field is the key; a.b is a field inside of a field')
    .option('--timestamp <TIME|now>', 'the event time of every record')
    .option('--timestamp-field <FIELD>', 'lines are JSON objects, and this field is the event time: ISO 8601 or epoch milliseconds')
    .option('--header <NAME=TEXT>', 'a header of every record; may be repeated', (pair: string, before: readonly string[] | undefined) => [...(before ?? []), pair])
    .option('--json-lines', 'lines are whole records: {"key", "value", "timestamp", "headers", "partition"}, as log read --output json shows them')
    .option('--skip-bad', 'count lines that make no record, and go on')
    .option('--json', 'say at the end as JSON what was appended'))
    .action((directory: string, given: Given) => act(appendOf(directory, given)));
}

function appendOf(directory: string, given: Given): LogCommand {
  const text = (name: string): string | undefined => given[name] as string | undefined;
  const exclude = (one: string, other: string): void => {
    if (given[attribute(one)] !== undefined && given[attribute(other)] !== undefined) throw WrongUse.error({ what: `${one} and ${other} do not go together` });
  };
  exclude('--key', '--key-field');
  exclude('--timestamp', '--timestamp-field');
  for (const option of ['--key', '--key-field', '--timestamp', '--timestamp-field']) exclude('--json-lines', option);
  const headers = ((given['header'] ?? []) as readonly string[]).map((pair) => {
    const at = pair.indexOf('=');
    if (at <= 0) throw WrongUse.error({ what: `--header takes NAME=TEXT, not "${pair}"` });
    return [pair.slice(0, at), Buffer.from(pair.slice(at + 1))] as const;
  });
  const time = text('timestamp');
  const timestamp = time === undefined || time === 'now' ? time : timeOf(time);
  if (time !== undefined && timestamp === undefined) throw WrongUse.error({ what: `--timestamp takes now or a time such as 2026-03-02T10:00Z, not "${time}"` });
  const partition = text('partition');
  return {
    verb: 'append', directory, file: text('file'),
    partition: partition === undefined ? undefined : wholeOf(partition, '--partition'),
    lines: { jsonLines: given['jsonLines'] === true, key: text('key'), keyField: text('keyField'), timestamp, timestampField: text('timestampField'), headers },
    skipBad: given['skipBad'] === true, waitMs: waitOf(given), json: given['json'] === true,
  };
}

function attribute(option: string): string {
  return new Option(option).attributeName();
}

function addReading(log: Command, act: Act): void {
  const read = log
    .command('read')
    .description('show the records that are there, partition after partition')
    .argument(...DIR)
    .option(`--from <${POSITIONS}>`, 'begin here', 'earliest')
    .option(`--until <${POSITIONS}>`, 'end before this', 'latest');
  withReading(read).addHelpText('after', TIMES).action((directory: string, given: Given) => act(readOf('read', directory, given)));
  const tail = log
    .command('tail')
    .description('show records as they are appended, over all partitions, until it is interrupted')
    .argument(...DIR)
    .option(`--from <${POSITIONS}>`, 'begin here', 'latest')
    .option('-n, --last <N>', 'begin with the last N records of each partition');
  withReading(tail).addHelpText('after', TIMES).action((directory: string, given: Given) => act(readOf('tail', directory, given)));
}

function withReading(command: Command): Command {
  return withPartitions(command)
    .option('--limit <N>', 'end after so many records')
    .addOption(new Option('--output <FORM>', 'the values, a line each; or JSON lines with partition, offset, timestamp, key, headers and value').choices([...OUTPUTS]).default('value'))
    .addOption(new Option('--json', 'the same as --output json').implies({ output: 'json' }));
}

function readOf(verb: 'read' | 'tail', directory: string, given: Given): ReadLog {
  const number = (name: string): number | undefined => (given[name] === undefined ? undefined : wholeOf(given[name] as string, `--${name}`));
  return {
    verb, directory, partitions: partitionsOf(given),
    from: positionOf(given['from'] as string, '--from'),
    last: number('last'),
    until: verb === 'tail' ? undefined : positionOf(given['until'] as string, '--until'),
    limit: number('limit'),
    output: given['output'] as ReadLog['output'],
  };
}

function addCompact(log: Command, act: Act): void {
  withWait(withPartitions(log
    .command('compact')
    .description('leave only the newest record of each key in a log made for it, and remove what its retention allows')
    .argument(...DIR))
    .option('--seal', 'begin a new file first: without that the newest one of each partition stays as it is')
    .option('--json', 'as JSON'))
    .action((directory: string, given: Given) => act({ verb: 'compact', directory, partitions: partitionsOf(given), seal: given['seal'] === true, waitMs: waitOf(given), json: given['json'] === true }));
}

function withPartitions(command: Command): Command {
  return command.option('--partition <N>', 'only this partition; may be repeated', (number: string, before: readonly string[] | undefined) => [...(before ?? []), number]);
}

function partitionsOf(given: Given): readonly number[] {
  return [...new Set(((given['partition'] ?? []) as readonly string[]).map((number) => wholeOf(number, '--partition')))];
}

function withWait(command: Command): Command {
  return command.option('--wait <DURATION>', 'how long to wait for another writer of a partition', '2 s');
}

function waitOf(given: Given): number {
  return spanOf(given['wait'] as string, '--wait');
}
