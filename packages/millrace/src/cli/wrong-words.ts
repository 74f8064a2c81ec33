import { didYouMean, type MillraceError } from '@millrace/core/command';
import type { Command, CommanderError } from 'commander';
import { WrongUse } from './errors.js';
import { VERBS } from './program.js';

/** The command was called without a word. */
export function noWords(): MillraceError {
  return WrongUse.error({ what: 'there is nothing to do', remedy: 'Say what to do, for instance: millrace run job.ts. All verbs: millrace --help' });
}

/** The error of a first word that is no verb; undefined when it is one. */
export function noVerb(word: string): MillraceError | undefined {
  if (word.startsWith('-') || word === 'help' || VERBS.includes(word)) return undefined;
  if (/\.[cm]?[jt]sx?$/.test(word)) return WrongUse.error({ what: `"${word}" stands where a verb is expected`, remedy: `To run the job: millrace run ${word}` });
  return WrongUse.error({ what: `there is no verb "${word}".${didYouMean(word, VERBS)}`, remedy: 'All verbs: millrace --help' });
}

/** What commander has found wrong with the words, as a coded error. */
export function wrongWords(error: CommanderError, program: Command, words: readonly string[]): MillraceError {
  const verb = program.commands.find((one) => one.name() === words[0]) ?? program;
  const command = verb.commands.find((one) => one.name() === words[1]) ?? verb;
  const name = ['millrace', ...[verb, command].filter((one, index) => one !== program && (index === 0 || one !== verb)).map((one) => one.name())].join(' ');
  const startsJob = ['run', 'graph'].includes(verb.name());
  const remedy = `All options: ${name} --help`;
  const what = error.message.replace(/^error: /, '').replace(/\.$/, '');
  switch (error.code) {
    case 'commander.unknownOption': {
      const option = /'(.+)'/s.exec(what)?.[1]?.replace(/=.*$/s, '') ?? '';
      const known = command.options.flatMap((one) => [one.long, one.short]).filter((flag) => flag !== undefined && flag !== null);
      if (known.includes(option)) return WrongUse.error({ what: `${name}: ${option} takes no value`, remedy });
      return WrongUse.error({
        what: `${name} has no option ${option}.${didYouMean(option, known)}`,
        remedy: startsJob ? `${remedy}. Arguments of the job itself stand behind --, for instance: millrace run job.ts -- --input FILE` : remedy,
      });
    }
    case 'commander.help':
    case 'commander.unknownCommand': {
      const known = command.commands.map((one) => one.name());
      const given = words[1] === undefined || words[1].startsWith('-') ? '' : `, not "${words[1]}".${didYouMean(words[1], known)}`;
      return WrongUse.error({ what: `${name} takes one of ${known.join(', ')}${given}`, remedy });
    }
    case 'commander.excessArguments':
      return WrongUse.error({ what: `${name}: ${what}`, remedy: startsJob ? `${remedy}. Arguments of the job itself stand behind --` : remedy });
    default:
      return WrongUse.error({ what: `${name}: ${what}`, remedy });
  }
}
