import { EVENT_LOG_ERRORS, EventLog } from '@millrace/event-log';
import { EXIT } from '../exit-codes.js';
import { isCoded } from '../error-text.js';
import type { Terminal } from '../terminal.js';
import { callersMistake } from '../wrong-use.js';
import { append } from './append.js';
import type { CreateLog, LogCommand } from './commands.js';
import { compact } from './compact.js';
import { read } from './read.js';
import { settingsText, stat } from './stat.js';
import { tail } from './tail.js';
import { verify } from './verify.js';

/** Makes, fills, reads and checks event logs. */
export async function logCommand(command: LogCommand, terminal: Terminal): Promise<number> {
  if (command.verb === 'create') return create(command, terminal);
  // A path that leads to no log, and a partition that it does not have, are mistakes of the caller.
  const log = callersMistake(() => EventLog.open(command.directory));
  if ('partitions' in command) callersMistake(() => command.partitions.forEach((partition) => log.folderOf(partition)));
  switch (command.verb) {
    case 'append':
      if (command.partition !== undefined) callersMistake(() => log.folderOf(command.partition!));
      return append(log, command, terminal);
    case 'read':
      return read(log, command, terminal);
    case 'tail':
      return tail(log, command, terminal);
    case 'stat':
      return stat(log, command, terminal);
    case 'verify':
      return verify(log, command, terminal);
    case 'compact':
      return compact(log, command, terminal);
  }
}

function create({ directory, settings, ifMissing, json }: CreateLog, terminal: Terminal): number {
  const log = make(directory, settings, ifMissing);
  if (json) terminal.out(`${JSON.stringify({ directory: log.directory, settings: log.settings })}\n`);
  else terminal.note(`${log.directory}: ${settingsText(log.settings)}`);
  return EXIT.finished;
}

function make(directory: string, settings: CreateLog['settings'], ifMissing: boolean): EventLog {
  try {
    return ifMissing ? EventLog.openOrCreate(directory, settings) : EventLog.create(directory, settings);
  } catch (error) {
    // Only a setting that makes no sense is the caller's mistake.
    if (isCoded(error) && error.code === SETTING_INVALID) return callersMistake(() => { throw error; });
    throw error;
  }
}

const SETTING_INVALID = EVENT_LOG_ERRORS.find(({ code }) => code === 'MR-4111')!.code;
