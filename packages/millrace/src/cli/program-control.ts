import { resolve } from 'node:path';
import { parseDuration } from '@millrace/core/command';
import { Option, type Command } from 'commander';
import type { DescribeCommand } from './describe.js';
import type { EndCommand } from './end-job.js';
import { WrongUse } from './errors.js';
import type { RescaleCommand } from './rescale.js';
import type { SavepointCommand } from './savepoint.js';
import { callersMistake } from './wrong-use.js';

/** What the verbs about running jobs do. */
export interface ControlVerbs {
  list(json: boolean): Promise<void>;
  describe(command: DescribeCommand): Promise<void>;
  end(command: EndCommand): Promise<void>;
  rescale(command: RescaleCommand): Promise<void>;
  savepoint(command: SavepointCommand): Promise<void>;
}

const JOB = ['[JOB]', 'name of the job, id of its run, number of its process, or its checkpoint directory; may be left out when only one job runs'] as const;

/** Adds the verbs about running jobs. */
export function addControlVerbs(program: Command, verbs: ControlVerbs): void {
  program
    .command('list')
    .description('list the running jobs of this user')
    .option('--json', 'as JSON')
    .action((given: Given) => verbs.list(given['json'] === true));
  withTimeout(program
    .command('describe')
    .description('say what a running job does: state, subtasks, checkpoints, failures, and why it may give nothing out')
    .argument(...JOB)
    .option('--json', 'as JSON, one line each time')
    .option('--watch', 'again every second, until the job ends'))
    .action((job: string | undefined, given: Given) => verbs.describe({ job, json: given['json'] === true, watch: given['watch'] === true, timeoutMs: timeoutOf(given) }));
  withTimeout(program
    .command('savepoint')
    .description('take a savepoint of a running job, which goes on, and show its path')
    .argument(...JOB)
    .argument('[DIR]', 'a new directory for it is made inside of this one; the checkpoint directory of the job unless given')
    .option('--dispose <PATH>', 'delete a savepoint instead, by its directory')
    .option('--json', 'as JSON'))
    .action((job: string | undefined, directory: string | undefined, given: Given) => verbs.savepoint(savepointOf(job, directory, given)));
  withTimeout(program
    .command('stop')
    .description('end a running job and keep everything that has arrived: its sources stop, what they gave is finished and committed')
    .argument(...JOB)
    .option('--savepoint <DIR>', 'with a savepoint in a new directory inside DIR, whose path is shown; a run that resumes it goes on where the job was')
    .option('--drain', 'event time is brought to its end: all windows fire and all timers run; not for a job that is to go on later')
    .option('--json', 'as JSON'))
    .action((job: string | undefined, given: Given) => verbs.end({ verb: 'stop', job, with: stopWith(given), json: given['json'] === true, timeoutMs: timeoutOf(given) }));
  withTimeout(program
    .command('cancel')
    .description('end a running job at once: what is not committed is gone')
    .argument(...JOB)
    .option('--json', 'as JSON'))
    .action((job: string | undefined, given: Given) => verbs.end({ verb: 'cancel', job, with: {}, json: given['json'] === true, timeoutMs: timeoutOf(given) }));
  withTimeout(program
    .command('rescale')
    .description('give a running job another parallelism: it takes a checkpoint and goes on from it in the same process')
    .argument(...JOB)
    .argument('[N]', 'the parallelism of all operators that have none of their own')
    .option('--operator <UID=N>', 'the parallelism of one operator, by its uid; may be repeated', (pair: string, before: readonly string[] = []) => [...before, pair])
    .option('--json', 'as JSON'))
    .usage('[options] [JOB] N')
    .action((job: string | undefined, n: string | undefined, given: Given) =>
      verbs.rescale({ words: [job, n].filter((word) => word !== undefined), operators: (given['operator'] ?? []) as readonly string[], json: given['json'] === true, timeoutMs: timeoutOf(given) }));
}

type Given = Readonly<Record<string, unknown>>;

function withTimeout(command: Command): Command {
  return command.addOption(new Option('--timeout <DURATION>', 'how long the job may be silent').default('10 s'));
}

function timeoutOf(given: Given): number {
  return callersMistake(() => parseDuration(given['timeout'] as Parameters<typeof parseDuration>[0], '--timeout'));
}

function stopWith(given: Given): Record<string, unknown> {
  const savepoint = given['savepoint'] as string | undefined;
  return { ...(given['drain'] === true ? { drain: true } : {}), ...(savepoint === undefined ? {} : { savepoint: resolve(savepoint) }) };
}

function savepointOf(job: string | undefined, directory: string | undefined, given: Given): SavepointCommand {
  const [path, json] = [given['dispose'] as string | undefined, given['json'] === true];
  if (path === undefined) return { kind: 'take', job, directory, json, timeoutMs: timeoutOf(given) };
  if (job !== undefined) throw WrongUse.error({ what: `--dispose deletes ${path} and takes no job, but "${job}" was given` });
  return { kind: 'dispose', path, json };
}
