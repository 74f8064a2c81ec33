import { fork } from 'node:child_process';
import { once } from 'node:events';
import { MachineWatch, machineLine } from '../../lib/machine.mjs';
import { figuresAgainst, reportOf } from './against-report.mjs';
import { bundle } from './build.mjs';
import { untilEnd } from './children.mjs';
import { buildFlink, FlinkProcess, missing } from './flink.mjs';
import { NODE_FLAGS } from './processes.mjs';
import { jsonOf } from './report.mjs';
import { keep } from './results.mjs';

/** Results are compared over so many events, or as many as a round has. */
const RESULT_EVENTS = 100_000;
const WARM_UP_EVENTS = 1_000_000;

/** The same queries on Apache Flink, in turns with ours. `given` are the events of a round when they are given. */
export async function against({ queries, forms, given, rounds, miniBatch, json, save, case: options }) {
  const problem = missing();
  if (problem !== undefined) {
    process.stderr.write(`${problem}\n`);
    process.exitCode = 3;
    return;
  }
  const startedAt = performance.now();
  const tell = (text) => process.stderr.write(`  ${clock(performance.now() - startedAt)}  ${text}\n`);
  process.stderr.write(`${machineLine()}\n`);
  tell('building …');
  const classPath = await buildFlink();
  const script = await bundle('against-case');
  const found = forms.map((form) => ({ form, lines: [] }));
  let versions;
  for (const query of queries) {
    const engine = new EngineProcess(script, options);
    try {
      for (const { form, lines } of found.filter(({ form: { queries: names } }) => names.includes(query))) {
        const flink = new FlinkProcess(classPath, miniBatch && form.arguments[0] === 'sql' ? [...form.arguments, 'mini-batch'] : form.arguments);
        const events = given ?? form.events;
        try {
          versions = await flink.versions();
          lines.push({ query, form: form.name, events, ...(await compare({ query, form, events, rounds, flink, engine, tell: (text) => tell(`${query} ${form.title}: ${text}`) })) });
        } catch (error) {
          tell(`${query} ${form.title}: ${error.message}`);
          lines.push({ query, form: form.name, events, problem: error.message.split('\n', 1)[0] });
        } finally {
          await flink.close();
        }
        if (json) process.stdout.write(`${jsonOf(lines.at(-1))}\n`);
      }
    } finally {
      await engine.close();
    }
  }
  report({ found, versions, rounds, miniBatch, json, save, queries });
}

function report({ found, versions, rounds, miniBatch, json, save, queries }) {
  const lines = found.flatMap((each) => each.lines);
  const about = `medians of ${rounds} rounds, processor time of the whole process, parallelism 1, exactly-once checkpoints every 10 s${miniBatch ? ', mini-batches in SQL' : ''}`;
  if (!json) {
    process.stdout.write(`\nFlink ${versions?.flink}, ${versions?.java}; ${about}\n`);
    for (const { form, lines: each } of found.filter((one) => one.lines.length > 0)) process.stdout.write(`\n${reportOf(form, each)}\n`);
  }
  const isWhole = found.every(({ form }) => form.queries.every((query) => queries.includes(query)));
  if (save || isWhole) keep('nexmark-flink', { flink: versions?.flink, java: versions?.java, about }, lines);
  if (lines.some(({ problem }) => problem !== undefined)) process.exitCode = 1;
}

async function compare({ query, form, events, rounds, flink, engine, tell }) {
  const watch = new MachineWatch();
  const cpuBefore = engine.cpu;
  const { theirs, rows } = await compareResults({ query, form, events, flink, engine });
  tell(`results equal, ${rows} rows; warming up`);
  const times = { flink: [], flinkGenerator: [], engine: [], generator: [] };
  let last;
  for (let round = 0; round <= rounds; round++) {
    const slice = round === 0 ? Math.min(WARM_UP_EVENTS, events) : events;
    const found = {
      flinkGenerator: await flink.run('generator', slice, 'time'),
      generator: await engine.ask('generator', query, slice),
      flink: await flink.run(query, slice, 'time'),
      engine: await engine.ask('engine', query, slice),
    };
    last = found;
    if (round === 0) continue;
    for (const [name, { cpu, wall }] of Object.entries(found)) times[name].push({ cpu, wall });
    tell(`round ${round} of ${rounds}: Flink ${found.flink.cpu.toFixed(2)} s, ours ${found.engine.cpu.toFixed(2)} s of processor time`);
  }
  return {
    rounds, ...figuresAgainst(times, events), rows, changes: last.flink.rows, hash: theirs,
    memory: { ours: last.engine.memoryMb, flink: last.flink.memoryMb },
    load: watch.foreignLoad(last.flink.cpuOfProcess + engine.cpu - cpuBefore),
  };
}

/** DataStream gives the very rows, updates in their order; SQL the table in the end, with the columns that are published. */
async function compareResults({ query, form, events, flink, engine }) {
  const sample = Math.min(RESULT_EVENTS, events);
  const { digest: theirs } = await flink.run(query, sample, 'rows');
  const { digest: ours } = await engine.ask(form.arguments[0] === 'sql' ? 'table' : 'results', query, sample);
  if (theirs !== ours) throw new Error(`results differ over ${sample} events: Flink has ${theirs}, and ours are ${ours}`);
  return { theirs, rows: Number.parseInt(theirs, 10) };
}

/** The process of ours, which answers one question after the other. */
class EngineProcess {
  /** Seconds of processor time that the process has taken so far. */
  cpu = 0;
  #child;

  constructor(script, options) {
    this.#child = untilEnd(fork(script, [JSON.stringify(options)], { execArgv: NODE_FLAGS, stdio: ['ignore', 2, 2, 'ipc'] }));
  }

  async ask(what, query, events) {
    this.#child.send({ what, query, events });
    const [answer] = await Promise.race([once(this.#child, 'message'), once(this.#child, 'exit')]);
    if (typeof answer !== 'object' || answer === null) throw new Error(`our process of ${query} ended with ${answer}`);
    this.cpu = answer.cpuOfProcess;
    return answer;
  }

  async close() {
    if (this.#child.connected) this.#child.disconnect();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }
}

function clock(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, '0')}`;
}
