/**
 * The benchmarks with options of their own: the module that runs it, a line about it, and its usage. A module without `options` shows
 * its help itself.
 */
export const COMMANDS = {
  micro: {
    module: './micro/main.mjs',
    about: 'codec, exchange, timers, state, windows, watermarks, snapshot, restore; each against the same work by hand',
    options: `[PART …]  some of the parts; all unless given, about a minute and a half
  --guard   ends with 1 when a ratio is more than 25 % below the recorded one
  --record  writes benchmarks/micro/recorded.json
  --smoke   tiny sizes: only whether all parts run and the results are equal
  --json    for programs`,
  },
  latency: {
    module: './latency/main.mjs',
    about: 'a window every 20 ms at 200,000 events/s',
    options: `--rate N                    events a second; 200000 unless given
  --seconds N                 how long for each parallelism; 60 unless given
  --parallelism 1,2           one run for each of them
  --checkpoint-interval 10s   between two checkpoints
  --young-mb N                nursery of a worker; 32 unless given
  --json                      for programs`,
  },
  long: {
    module: './long/main.mjs',
    about: 'memory over minutes',
    options: `--minutes N           10 unless given; half a minute is too short for the memory to settle
  --rate N              events a second, at least 10000; 50000 unless given
  --backend heap|log    where the state is; heap unless given
  --json                for programs
It ends with 1 when memory is not flat.`,
  },
  parallel: {
    module: './parallel/main.mjs',
    about: 'queries of nexmark on two workers and on one',
    options: `--queries q5,q15,q17  these unless given
  --events N            events of a run; 5000000 unless given
  --rounds N            5 unless given
  --json                for programs`,
  },
  'event-log': {
    module: './event-log.mjs',
    about: 'append, read, recovery, tail',
    options: `--records N      3000000 unless given
  --rounds N       3 unless given
  --recovery-mb N  size of the log that a killed process leaves; 1024 unless given`,
  },
  kafka: {
    module: './kafka/main.mjs',
    about: 'source and sink against the driver; needs Java 17 and Maven',
    options: `--records N  1000000 unless given
  --rounds N   3 unless given`,
  },
  nexmark: { module: './nexmark/bench/main.mjs', about: 'queries q0 to q22, against loops by hand or Apache Flink' },
};

/** How a benchmark of the table is called. */
export function usageOf(name) {
  return `npm run bench -- ${name} [options]: ${COMMANDS[name].about}\n\n  ${COMMANDS[name].options}\n`;
}
