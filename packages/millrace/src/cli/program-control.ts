import { parseDuration } from '@millrace/core/command';
import { Option, type Command } from 'commander';
import type { DescribeCommand } from './describe.js';
import type { EndCommand } from './end-job.js';
import type { RescaleCommand } from './rescale.js';
import { callersMistake } from './wrong-use.js';

/** What the verbs about running jobs do. */
export interface ControlVerbs {
  list(json: boolean): Promise<void>;
  describe(command: DescribeCommand): Promise<void>;
  end(command: EndCommand): Promise<void>;
  rescale(command: RescaleCommand): Promise<void>;
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
    .command('stop')
    .description('end a running job and keep everything that has arrived: its sources stop, what they gave is finished and committed')
    .argument(...JOB)
    .option('--json', 'as JSON'))
    .action((job: string | undefined, given: Given) => verbs.end({ verb: 'stop', job, with: {}, json: given['json'] === true, timeoutMs: timeoutOf(given) }));
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
    .option('--operator <UID=N>', 'the parallelism of one operator, by its uid; may be repeated', (pair: string, before: readonly string[]) => [...before, pair], [] as readonly string[])
    .option('--json', 'as JSON'))
    .usage('[options] [JOB] N')
    .action((job: string | undefined, n: string | undefined, given: Given) =>
      verbs.rescale({ words: [job, n].filter((word) => word !== undefined), operators: given['operator'] as readonly string[], json: given['json'] === true, timeoutMs: timeoutOf(given) }));
}

type Given = Readonly<Record<string, unknown>>;

function withTimeout(command: Command): Command {
  return command.addOption(new Option('--timeout <DURATION>', 'how long the job may be silent').default('10 s'));
}

function timeoutOf(given: Given): number {
  return callersMistake(() => parseDuration(given['timeout'] as Parameters<typeof parseDuration>[0], '--timeout'));
}
