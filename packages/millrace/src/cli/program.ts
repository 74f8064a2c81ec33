import { flagOf, formatDuration, OPTION_NAMES, OPTIONS, type OptionName } from '@millrace/core/command';
import { Argument, Command, Option } from 'commander';
import { readFileSync } from 'node:fs';
import { WrongUse } from './errors.js';
import type { CheckpointsCommand } from './checkpoints.js';
import { addCheckpointsVerb } from './program-checkpoints.js';
import { addControlVerbs, type ControlVerbs } from './program-control.js';
import type { GraphCommand } from './graph.js';
import { GRAPH_FORMATS } from './graph-formats.js';
import type { LogCommand } from './log/commands.js';
import { addLogVerb } from './log/program-log.js';
import type { RunCommand } from './run.js';
import type { Terminal } from './terminal.js';

/** The verbs of this version. */
export const VERBS: readonly string[] = ['run', 'list', 'describe', 'stop', 'cancel', 'savepoint', 'rescale', 'checkpoints', 'log', 'graph', 'explain'];

/** What the verbs do. */
export interface Actions extends ControlVerbs {
  run(command: Omit<RunCommand, 'jobArguments'>): Promise<void>;
  graph(command: Omit<GraphCommand, 'jobArguments'>): Promise<void>;
  explain(code: string | undefined, json: boolean): Promise<void>;
  checkpoints(command: CheckpointsCommand): Promise<void>;
  log(command: LogCommand): Promise<void>;
}

/** What to do with saved state. */
const RESTORE_OPTIONS: readonly Option[] = [
  new Option('--resume <latest|none|PATH>', 'go on from the newest checkpoint, start fresh, or go on from a savepoint or another directory').default('latest'),
  new Option('--claim', 'what --resume PATH names belongs to this run from then on, and is deleted when newer checkpoints have taken its place'),
  new Option('--resume-drained', 'go on even from a savepoint that a stop with --drain has left'),
  new Option('--map-uid <OLD=NEW>', 'restore the state of OLD into the operator NEW; may be repeated').argParser(collect).default([], 'none'),
  new Option('--drop-state <UID>', 'leave the state of an operator (UID) or one of its states (UID/STATE) behind; may be repeated').argParser(collect).default([], 'none'),
  new Option('--reset-watermarks', 'start event time anew after a restore'),
];

/** Describes the words of the command to commander, which parses them and writes the help. */
export function buildProgram(actions: Actions, terminal: Terminal): Command {
  const program = new Command('millrace')
    .description('Stateful stream processing for TypeScript.')
    .version(ownVersion(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: () => {}, outputError: () => {} })
    .addHelpText('after', '\nExit codes: 0 finished, 1 failed, 2 wrong use, 130 interrupted.');
  addRun(program, actions);
  addControlVerbs(program, actions);
  addCheckpointsVerb(program, (command) => actions.checkpoints(command));
  addLogVerb(program, (command) => actions.log(command));
  addGraph(program, actions);
  program
    .command('explain')
    .description('say what an error code means and how to mend it; without a code, list all')
    .argument('[CODE]', 'a code such as MR-2101')
    .option('--json', 'as JSON')
    .action((code: string | undefined, options: { json?: boolean }) => actions.explain(code, options.json === true));
  return program;
}

function addRun(program: Command, actions: Actions): void {
  const run = program
    .command('run')
    .description('run a job until its input ends or it is stopped')
    .usage('JOB.ts [options] [-- JOB ARGS]')
    .addArgument(new Argument('<JOB.ts>', 'the job: a module whose default export comes from defineJob'))
    .option('--json', 'events and rows as JSON lines on standard output')
    .option('--no-control', 'do not listen for millrace list, describe, stop and the like');
  addEngineOptions(run, OPTION_NAMES);
  for (const option of RESTORE_OPTIONS) run.addOption(option);
  run.addHelpText('after', '\nArguments of the job itself stand behind --, for instance:\n  millrace run job.ts -p 4 -- --input orders.ndjson --output statistics\nmillrace run job.ts -- --help lists them.');
  run.action((file: string, given: Readonly<Record<string, unknown>>) => {
    const restore = {
      resume: given['resume'] as string,
      mapUid: parseUidMap(given['mapUid'] as readonly string[]),
      dropState: given['dropState'] as readonly string[],
      resetWatermarks: given['resetWatermarks'] === true,
      claim: given['claim'] === true ? 'claim' as const : 'no-claim' as const,
      resumeDrained: given['resumeDrained'] === true,
    };
    return actions.run({ file, flags: flagsOf(given), json: given['json'] === true, control: given['control'] !== false, restore });
  });
}

function addGraph(program: Command, actions: Actions): void {
  const graph = program
    .command('graph')
    .description('show the graph of a job without running it')
    .usage('JOB.ts [options] [-- JOB ARGS]')
    .argument('<JOB.ts>', 'the job')
    .addOption(new Option('--format <FORMAT>', 'how to show it').choices(GRAPH_FORMATS).default('text'))
    .addOption(new Option('--mermaid', 'the same as --format mermaid').implies({ format: 'mermaid' }))
    .addOption(new Option('--json', 'the same as --format json').implies({ format: 'json' }));
  addEngineOptions(graph, ['parallelism', 'maxParallelism', 'check', 'strict']);
  graph.action((file: string, given: Readonly<Record<string, unknown>>) =>
    actions.graph({ file, flags: flagsOf(given), format: given['format'] as GraphCommand['format'] }));
}

/** The options of the table; their values are checked where they are resolved, not here. */
function addEngineOptions(command: Command, names: readonly OptionName[]): void {
  for (const name of names) {
    const { type, doc, default: value } = OPTIONS[name];
    const short = name === 'parallelism' ? '-p, ' : '';
    const placeholder = type.kind === 'boolean' ? '' : ` <${type.kind === 'choice' ? type.choices.join('|') : name === 'checkpoint.encryptionKey' ? 'ID' : PLACEHOLDERS[type.kind]}>`;
    const shown = value === undefined || value === false ? '' : ` (default ${type.kind === 'duration' ? formatDuration(Number(value)) : String(value)})`;
    command.addOption(new Option(`${short}--${flagOf(name)}${placeholder}`, `${doc}${shown}`));
    if (type.kind === 'boolean' && value === true) command.addOption(new Option(`--no-${flagOf(name)}`, `Switches --${flagOf(name)} off.`));
  }
}

const PLACEHOLDERS: Readonly<Record<'duration' | 'text' | 'bytes' | 'integer', string>> = { duration: 'DURATION', text: 'DIR', bytes: 'SIZE', integer: 'N' };

/** What was given of the table's options, by flag. */
function flagsOf(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const flags: Record<string, unknown> = {};
  for (const name of OPTION_NAMES) {
    const attribute = new Option(`--${flagOf(name)}`).attributeName();
    if (given[attribute] !== undefined) flags[flagOf(name)] = given[attribute];
  }
  return flags;
}

/** `OLD=NEW` as an entry. */
function parseUidMap(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairs.map((pair) => {
    const at = pair.indexOf('=');
    if (at <= 0 || at === pair.length - 1) throw WrongUse.error({ what: `--map-uid takes OLD=NEW, not "${pair}"` });
    return [pair.slice(0, at), pair.slice(at + 1)];
  }));
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

function ownVersion(): string {
  return (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version;
}
