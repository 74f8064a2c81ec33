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
  --events N,N          events of a run, of which the first 1000000 do not count, one after the other; 10000000,100000000 unless given
  --rounds N            3 unless given
  --json                for programs`,
  },
  exchange: {
    module: './exchange/main.mjs',
    about: 'from thread to thread, and what a second thread brings',
    options: `--seconds N  how long each way of exchange is measured; 2 unless given
  --steady N   how long each job is measured at full speed, in seconds; 5 unless given
  --rounds N   3 unless given`,
  },
  'worker-exit': {
    module: './recovery/worker-exit.mjs',
    about: 'from the loss of a worker thread to the first row of its successor',
    options: `--rounds N  10 unless given
  --keys N    10000 unless given
  --delay MS  the wait of the restart strategy, which counts; 0 unless given
  --json      for programs`,
  },
  'recovery-kill': {
    module: './recovery/kill.mjs',
    about: 'from the start after kill -9 to the first right row',
    options: `--keys N             1000000 unless given
  --rounds N           kills of each backend; 10 unless given
  --backends heap,log  both unless given
  --parallelism N      1 unless given
  --rate N             records a second; 200000 unless given
  --json               for programs`,
  },
  'disk-state': {
    module: './disk/state.mjs',
    about: 'keyed state on disk against the heap',
    options: `--keys N     1000000 unless given
  --updates N  those that count; 1000000 unless given
  --churn N    updates on disk before those that count; one and a half for each key unless given
  --json       for programs`,
  },
  'disk-checkpoint': {
    module: './disk/checkpoint.mjs',
    about: 'what a checkpoint of keyed state writes and costs, on the heap and on disk',
    options: `--keys N      1000000 unless given
  --touched N   keys that an incremental checkpoint has to write; 10000 unless given
  --large-mb N  state of this size is saved and restored in a heap of 160 MB; left out unless given
  --json        for programs`,
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
