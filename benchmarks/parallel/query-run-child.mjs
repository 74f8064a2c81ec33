// Runs a query in a process of its own and sends its moments and the processor time of the whole process.
import { queryRun } from './query-run.mjs';

// The benchmark has ended early.
process.once('disconnect', () => process.exit(1));
const run = await queryRun(JSON.parse(process.argv[2]));
const { user, system } = process.cpuUsage();
process.send({ run, cpuSeconds: (user + system) / 1e6 }, () => process.exit(0));
