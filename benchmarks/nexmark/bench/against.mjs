import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MachineWatch, machineLine } from '../../lib/machine.mjs';
import { figuresAgainst, reportOf } from './against-report.mjs';
import { bundle } from './build.mjs';
import { untilEnd } from './children.mjs';
import { buildFlink, FlinkProcess, missing } from './flink.mjs';
import { NODE_FLAGS } from './processes.mjs';
import { jsonOf } from './report.mjs';
import { keep } from './results.mjs';

/** Results are compared over so many events, or as many as are given: one second of the stream, and twenty where windows of ten have to close. */
const RESULT_EVENTS = 100_000;
const WINDOWED_RESULT_EVENTS = 2_000_000;
const WINDOWED = ['q5', 'q7', 'q8', 'q11'];
const WARM_UP_EVENTS = 1_000_000;

/** The same queries on Apache Flink, in turns with ours. `given` are the events of a round when they are given; no rounds compare results only. */
export async function against(settings) {
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
  const programs = { classPath: await buildFlink(), script: await bundle('against-case') };
  const found = settings.forms.map((form) => ({ form, lines: [] }));
  let versions;
  for (const query of settings.queries) {
    const engine = new EngineProcess(programs.script, settings.case);
    try {
      for (const { form, lines } of found.filter((each) => each.form.queries.includes(query))) {
        const line = await lineOf({ query, form, engine, settings, classPath: programs.classPath, tell: (text) => tell(`${query} ${form.title}: ${text}`) });
        versions ??= line.versions;
        delete line.versions;
        lines.push(line);
        if (settings.json) process.stdout.write(`${jsonOf(line)}\n`);
      }
    } finally {
      await engine.close();
    }
  }
  report(found, versions, settings);
}

/** The line of one query in one form; what goes wrong is in it. */
async function lineOf({ query, form, engine, settings: { given, rounds, miniBatch }, classPath, tell }) {
  const flink = new FlinkProcess(classPath, miniBatch && form.arguments[0] === 'sql' ? [...form.arguments, 'mini-batch'] : form.arguments);
  const events = given ?? form.events;
  const head = { query, form: form.name, events };
  try {
    const versions = await flink.versions();
    return { ...head, ...(await compare({ query, form, events, given, rounds, flink, engine, tell })), versions };
  } catch (error) {
    tell(error.message);
    return { ...head, problem: error.message.split('\n', 1)[0] };
  } finally {
    await flink.close();
  }
}

function report(found, versions, { rounds, miniBatch, json, save, queries }) {
  const lines = found.flatMap((each) => each.lines);
  const about = `medians of ${rounds} rounds, processor time of the whole process, parallelism 1, exactly-once checkpoints every 10 s${miniBatch ? ', mini-batches in SQL' : ''}`;
  if (!json) {
    process.stdout.write(`\nFlink ${versions?.flink}, ${versions?.java}; ${about}\n`);
    for (const { form, lines: each } of found.filter((one) => one.lines.length > 0)) process.stdout.write(`\n${reportOf(form, each)}\n`);
  }
  const isWhole = rounds > 0 && found.every(({ form }) => form.queries.every((query) => queries.includes(query)));
  if (save || isWhole) keep('nexmark-flink', { flink: versions?.flink, java: versions?.java, about }, lines);
  if (lines.some(({ problem }) => problem !== undefined)) process.exitCode = 1;
}

async function compare({ query, form, events, given, rounds, flink, engine, tell }) {
  const watch = new MachineWatch();
  const cpuBefore = engine.cpu;
  const results = await compareResults({ query, form, resultEvents: resultEventsOf(query, form, given, rounds), flink, engine });
  tell(`results equal over ${results.resultEvents} events, ${results.rows} rows`);
  if (rounds === 0) return results;
  const times = { flink: [], flinkGenerator: [], engine: [], generator: [] };
  let last;
  const slice = Math.min(WARM_UP_EVENTS, events);
  await flink.run('generator', slice, 'time');
  await flink.run(query, slice, 'time');
  await engine.warmUp(query, slice);
  tell('warmed up');
  for (let round = 1; round <= rounds; round++) {
    last = {
      flinkGenerator: await flink.run('generator', events, 'time'),
      generator: await engine.ask('generator', query, events),
      flink: await flink.run(query, events, 'time'),
      engine: await engine.ask('engine', query, events),
    };
    tell(`round ${round} of ${rounds}: Flink ${last.flink.cpu.toFixed(2)} s, ours ${last.engine.cpu.toFixed(2)} s of processor time`);
    for (const [name, { cpu, wall }] of Object.entries(last)) times[name].push({ cpu, wall });
  }
  return {
    rounds, ...figuresAgainst(times, events), ...results, changes: last.flink.rows,
    memory: { ours: last.engine.memoryMb, flink: last.flink.memoryMb },
    load: watch.foreignLoad(last.flink.cpuOfProcess + engine.cpu - cpuBefore),
  };
}

function resultEventsOf(query, form, given, rounds) {
  const enough = form.closesWindows && WINDOWED.includes(query) ? WINDOWED_RESULT_EVENTS : RESULT_EVENTS;
  if (given === undefined) return enough;
  return rounds === 0 ? given : Math.min(enough, given);
}

/** DataStream gives the very rows, updates in their order; SQL the table in the end, with the columns that are published. */
async function compareResults({ query, form, resultEvents, flink, engine }) {
  const { digest: theirs } = await flink.run(query, resultEvents, 'rows');
  const { digest: ours } = await engine.ask(form.arguments[0] === 'sql' ? 'table' : 'results', query, resultEvents);
  if (theirs !== ours) throw new Error(`results differ over ${resultEvents} events: Flink has ${theirs}, and ours are ${ours}`);
  return { resultEvents, rows: Number.parseInt(theirs, 10), hash: theirs };
}

/** The process of ours, which answers one question after the other. */
class EngineProcess {
  /** Seconds of processor time that the process has taken so far. */
  cpu = 0;
  #child;
  #folder;
  #take = () => {};
  #warm = false;

  constructor(script, options) {
    this.#folder = mkdtempSync(join(tmpdir(), 'millrace-against-'));
    const env = { ...process.env, TMPDIR: this.#folder };
    this.#child = untilEnd(fork(script, [JSON.stringify(options)], { execArgv: NODE_FLAGS, env, stdio: ['ignore', 2, 2, 'ipc'] }), this.#folder);
    this.#child.on('message', (answer) => this.#take(answer));
    this.#child.on('exit', () => this.#take(undefined));
  }

  async ask(what, query, events) {
    const answer = await new Promise((resolve) => {
      this.#take = resolve;
      if (this.#child.connected) this.#child.send({ what, query, events });
      else resolve(undefined);
    });
    if (answer === undefined) throw new Error(`our process could not run ${query}`);
    this.cpu = answer.cpuOfProcess;
    return answer;
  }

  /** Runs generator and query once, unless this process has done so before. */
  async warmUp(query, events) {
    if (this.#warm) return;
    await this.ask('generator', query, events);
    await this.ask('engine', query, events);
    this.#warm = true;
  }

  async close() {
    if (this.#child.connected) this.#child.disconnect();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function clock(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, '0')}`;
}
