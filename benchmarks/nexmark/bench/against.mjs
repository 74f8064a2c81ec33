import { fork } from 'node:child_process';
import { once } from 'node:events';
import { MachineWatch, machineLine } from '../../lib/machine.mjs';
import { median } from '../../lib/statistics.mjs';
import { bundle } from './build.mjs';
import { geometricMean } from './figures.mjs';
import { buildFlink, FLINK_QUERIES, FlinkProcess, missing } from './flink.mjs';
import { NODE_FLAGS } from './processes.mjs';

const ROWS_EVENTS = 300_000;

/** The same queries on Apache Flink (DataStream, heap state, parallelism 1), in turns with ours. */
export async function against({ queries, events, slices, json, case: options }) {
  const problem = missing();
  if (problem !== undefined) {
    process.stderr.write(`${problem}\n`);
    process.exitCode = 3;
    return;
  }
  const classPath = buildFlink();
  const script = await bundle('against-case');
  process.stderr.write(`${machineLine()}\n`);
  const lines = [];
  for (const query of queries.filter((name) => FLINK_QUERIES.includes(name))) {
    process.stderr.write(`  ${query} …\n`);
    const line = await compare(query, { classPath, script, events, slices, options });
    lines.push(line);
    if (json) process.stdout.write(`${JSON.stringify(line)}\n`);
  }
  if (!json) process.stdout.write(`${events} events, best of ${slices}, processor time; Flink DataStream, heap, parallelism 1, checkpoints every 10 s\n${table(lines)}\n`);
}

async function compare(query, { classPath, script, events, slices, options }) {
  const watch = new MachineWatch();
  const flink = new FlinkProcess(classPath);
  const child = fork(script, [JSON.stringify(options)], { execArgv: NODE_FLAGS, stdio: ['ignore', 2, 2, 'ipc'] });
  const ask = async (message) => {
    child.send(message);
    return (await once(child, 'message'))[0];
  };
  try {
    const [theirs, expected] = [await flink.run(query, ROWS_EVENTS, 'rows'), await ask({ what: 'rows', query, events: ROWS_EVENTS })];
    if (theirs.digest !== expected.digest) throw new Error(`${query}: Flink gives ${theirs.digest}, and ${expected.digest} is expected`);
    const times = { flink: [], flinkGenerator: [], engine: [], generator: [] };
    for (let slice = -1; slice < slices; slice++) {
      const found = {
        flinkGenerator: await flink.run('generator', events, 'time'),
        flink: await flink.run(query, events, 'time'),
        generator: await ask({ what: 'generator', query, events }),
        engine: await ask({ what: 'engine', query, events }),
      };
      if (slice >= 0) for (const [name, { cpu }] of Object.entries(found)) times[name].push(cpu);
    }
    return { query, events, ...figures(times, events), digest: theirs.digest, load: watch.foreignLoad(2 * Object.values(times).flat().reduce((sum, cpu) => sum + cpu, 0)) };
  } finally {
    flink.close();
    child.disconnect();
  }
}

function figures({ flink, flinkGenerator, engine, generator }, events) {
  const best = (times) => Math.min(...times);
  const net = (best(flink) - best(flinkGenerator)) / (best(engine) - best(generator));
  return {
    engine: events / best(engine) / 1e6,
    flink: events / best(flink) / 1e6,
    gross: best(flink) / best(engine),
    grossMedian: median(flink) / median(engine),
    net: net > 0 && Number.isFinite(net) ? net : undefined,
  };
}

function table(lines) {
  const rows = [['query', 'engine M/s', 'Flink M/s', 'engine / Flink gross', 'net', 'results', 'load']];
  for (const { query, engine, flink, gross, net, digest, load } of lines) {
    rows.push([query, engine.toFixed(2), flink.toFixed(2), gross.toFixed(2), net === undefined ? '–' : net.toFixed(2), `equal: ${digest}`, load === undefined ? '' : load.toFixed(2)]);
  }
  rows.push(['mean', '', '', geometricMean(lines.map(({ gross }) => gross)).toFixed(2), geometricMean(lines.map(({ net }) => net)).toFixed(2), '', '']);
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()).join('\n');
}
