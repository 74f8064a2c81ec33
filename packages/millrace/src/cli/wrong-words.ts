import { didYouMean, type MillraceError } from '@millrace/core/command';
import type { Command, CommanderError } from 'commander';
import { WrongUse } from './errors.js';
import { LATER_VERBS, VERBS } from './program.js';

/** The command was called without a word. */
export function noWords(): MillraceError {
  return WrongUse.error({ what: 'there is nothing to do', remedy: 'Say what to do, for instance: millrace run job.ts. All verbs: millrace --help' });
}

/** The error of a first word that is no verb; undefined when it is one. */
export function noVerb(word: string): MillraceError | undefined {
  if (word.startsWith('-') || word === 'help' || VERBS.includes(word)) return undefined;
  if (/\.[cm]?[jt]sx?$/.test(word)) return WrongUse.error({ what: `"${word}" stands where a verb is expected`, remedy: `To run the job: millrace run ${word}` });
  return WrongUse.error({ what: `there is no verb "${word}".${didYouMean(word, [...VERBS, ...LATER_VERBS])}`, remedy: 'All verbs: millrace --help' });
}

/** What commander has found wrong with the words, as a coded error. */
export function wrongWords(error: CommanderError, program: Command, words: readonly string[]): MillraceError {
  const command = program.commands.find((one) => one.name() === words[0]) ?? program;
  const name = command === program ? 'millrace' : `millrace ${command.name()}`;
  const remedy = `All options: ${name} --help`;
  const what = error.message.replace(/^error: /, '').replace(/\.$/, '');
  switch (error.code) {
    case 'commander.unknownOption': {
      const option = /'(.+)'/s.exec(what)?.[1]?.replace(/=.*$/s, '') ?? '';
      const known = command.options.flatMap((one) => [one.long, one.short]).filter((flag) => flag !== undefined && flag !== null);
      return WrongUse.error({
        what: `${name} has no option ${option}.${didYouMean(option, known)}`,
        remedy: `${remedy}. Arguments of the job itself stand behind --, for instance: millrace run job.ts -- --input FILE`,
      });
    }
    case 'commander.excessArguments':
      return WrongUse.error({ what: `${name}: ${what}`, remedy: `${remedy}. Arguments of the job itself stand behind --` });
    default:
      return WrongUse.error({ what: `${name}: ${what}`, remedy });
  }
}
