import { CommanderError } from 'commander';
import { errorText, toMessage } from './error-text.js';
import { WrongUse } from './errors.js';
import { EXIT } from './exit-codes.js';
import { localMain } from './local-copy.js';
import { buildProgram, type Actions } from './program.js';
import { showFailure } from './run.js';
import { processTerminal, type Terminal } from './terminal.js';
import { isWrongUse } from './wrong-use.js';
import { noVerb, noWords, wrongWords } from './wrong-words.js';

/**
 * The `millrace` command: does what the words say and gives the exit code. It never ends the process itself, but for the
 * second signal during a run.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const terminal = processTerminal();
  const end = argv.indexOf('--');
  const words = end === -1 ? argv : argv.slice(0, end);
  const jobArguments = end === -1 ? [] : argv.slice(end + 1);
  try {
    checkVerb(words);
    if (jobArguments.length > 0) checkJobArguments(words, jobArguments);
    return await perform(words, jobArguments, argv, terminal);
  } catch (error) {
    const message = toMessage(error, isWrongUse(error));
    if (words[0] === 'run') return showFailure(message, words.includes('--json'), terminal);
    terminal.error(errorText(message));
    return message.wrongUse ? EXIT.wrongUse : EXIT.failed;
  }
}

/** The first word is a verb; one that is nearly right, or a job file alone, is answered with what was meant. */
function checkVerb(words: readonly string[]): void {
  const verb = words[0];
  if (verb === undefined) throw noWords();
  const error = noVerb(verb);
  if (error !== undefined) throw error;
}

/** Arguments of the job mean nothing where no job is started. */
function checkJobArguments(words: readonly string[], jobArguments: readonly string[]): void {
  if (words[0] === 'run' || words[0] === 'graph') return;
  throw WrongUse.error({
    what: `millrace ${words[0] ?? ''} starts no job, so it takes no arguments for one: ${jobArguments.join(' ')}`,
    ...(words[0] === 'explain' ? { remedy: 'Errors are explained by their code: millrace explain MR-2101. The plan of a job is shown by: millrace graph job.ts' } : {}),
  });
}

async function perform(words: readonly string[], jobArguments: readonly string[], argv: readonly string[], terminal: Terminal): Promise<number> {
  let code: number = EXIT.finished;
  const actions: Actions = {
    run: async (command) => {
      const { runCommand } = await import('./run.js');
      code = await elsewhere(command.file, argv, () => orHelp(command.file, jobArguments, terminal, () => runCommand({ ...command, jobArguments }, terminal)));
    },
    graph: async (command) => {
      const { graphCommand } = await import('./graph.js');
      code = await elsewhere(command.file, argv, () => orHelp(command.file, jobArguments, terminal, () => graphCommand({ ...command, jobArguments }, terminal)));
    },
    list: async (json) => {
      const { listCommand } = await import('./list.js');
      code = await listCommand(json, terminal);
    },
    describe: async (command) => {
      const { describeCommand } = await import('./describe.js');
      code = await describeCommand(command, terminal);
    },
    end: async (command) => {
      const { endCommand } = await import('./end-job.js');
      code = await endCommand(command, terminal);
    },
    savepoint: async (command) => {
      const { savepointCommand } = await import('./savepoint.js');
      code = await savepointCommand(command, terminal);
    },
    rescale: async (command) => {
      const { rescaleCommand } = await import('./rescale.js');
      code = await rescaleCommand(command, terminal);
    },
    checkpoints: async (command) => {
      const { checkpointsCommand } = await import('./checkpoints.js');
      code = await checkpointsCommand(command, terminal);
    },
    log: async (command) => {
      const { logCommand } = await import('./log/log-command.js');
      code = await logCommand(command, terminal);
    },
    explain: async (errorCode, json) => {
      const { explainCommand } = await import('./explain.js');
      code = await explainCommand(errorCode, json, terminal);
    },
  };
  const program = buildProgram(actions, terminal);
  try {
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version were shown: commander says so by an error.
    if (error.exitCode === 0) return EXIT.finished;
    throw wrongWords(error, program, words);
  }
  return code;
}

/** With `-- --help` the job is asked for its arguments and not started. */
async function orHelp(file: string, jobArguments: readonly string[], terminal: Terminal, otherwise: () => Promise<number>): Promise<number> {
  if (!jobArguments.includes('--help') && !jobArguments.includes('-h')) return otherwise();
  const { showJobHelp } = await import('./job-help.js');
  return (await showJobHelp(file, terminal)) ? EXIT.finished : otherwise();
}

/** The job's own copy of the command does it where there is one, so that engine and job fit together. */
async function elsewhere(file: string, argv: readonly string[], here: () => Promise<number>): Promise<number> {
  const other = await localMain(file);
  return other === undefined ? here() : other(argv);
}
