import { counts } from '../../lib/machine.mjs';
import { median, spread } from '../../lib/statistics.mjs';
import { geometricMean } from './figures.mjs';

/** Where the engine takes less than this part of the generator's time beyond it, the noise decides on a net ratio. */
const LEAST_NET = 0.03;

/** The figures of a query from the rounds of all four contestants; speeds are millions of events per second of processor time. */
export function figuresAgainst({ flink, flinkGenerator, engine, generator }, events) {
  const gross = engine.map(({ cpu }, round) => flink[round].cpu / cpu);
  return {
    ours: speedsOf(engine, events),
    flink: speedsOf(flink, events),
    generators: { ours: speedsOf(generator, events).median, flink: speedsOf(flinkGenerator, events).median },
    gross: median(gross),
    grossSpread: spread(gross),
    net: netRatio({ flink, flinkGenerator, engine, generator }),
  };
}

function speedsOf(times, events) {
  const cpu = times.map((time) => time.cpu);
  return { median: events / 1e6 / median(cpu), best: events / 1e6 / Math.min(...cpu), wall: events / 1e6 / median(times.map(({ wall }) => wall)) };
}

/** What Flink needs beyond its generator, by what the engine needs beyond its own. Of medians: the difference of two rounds is too small against their noise. */
function netRatio(times) {
  const { flink, flinkGenerator, engine, generator } = Object.fromEntries(Object.entries(times).map(([name, each]) => [name, median(each.map(({ cpu }) => cpu))]));
  if (engine - generator < generator * LEAST_NET || flink <= flinkGenerator) return undefined;
  return (flink - flinkGenerator) / (engine - generator);
}

/** What the limits of a form say about its lines: value, goal and floor of each measure. */
export function verdictsOf({ limits }, lines) {
  const measured = lines.filter(({ gross }) => gross !== undefined);
  const nets = measured.filter(({ net }) => net !== undefined);
  if (measured.length === 0) return [];
  const worst = nets.reduce((least, line) => (least === undefined || line.net < least.net ? line : least), undefined);
  const values = {
    gross: { what: 'gross, geometric mean', value: geometricMean(measured.map(({ gross }) => gross)) },
    net: { what: 'net, geometric mean', value: nets.length === 0 ? undefined : geometricMean(nets.map(({ net }) => net)) },
    worstNet: { what: `net, worst query (${worst?.query})`, value: worst?.net },
  };
  return Object.entries(limits)
    .filter(([name]) => values[name].value !== undefined)
    .map(([name, { goal, floor }]) => ({ ...values[name], goal, floor, goalHolds: values[name].value >= goal, floorHolds: values[name].value >= floor }));
}

/** The lines of one form as a table, with what became of goals and floors. */
export function reportOf(form, lines) {
  const rows = [['query', 'events', 'ours M/s', 'Flink M/s', 'generators', 'gross', '', 'net', 'MB', 'load', 'results']];
  for (const line of lines) rows.push(line.gross === undefined ? [line.query, String(line.events), '', '', '', '', '', '', '', '', line.problem ?? resultsOf(line)] : cellsOf(line));
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const table = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()).join('\n');
  const verdicts = verdictsOf(form, lines).map(({ what, value, goal, floor, goalHolds, floorHolds }) =>
    `  ${what}: ${number(value)}; goal ≥ ${goal} ${holds(goalHolds)}, floor ≥ ${floor} ${holds(floorHolds)}`);
  return [`ours as a multiple of Flink: ${form.title}, ${lines.length} of ${form.queries.length} queries`, table, ...verdicts, ...remarksOf(lines)].join('\n');
}

function cellsOf({ query, events, ours, flink, generators, gross, grossSpread, net, memory, load, ...results }) {
  return [
    query, String(events), number(ours.median), number(flink.median), `${number(generators.ours)} / ${number(generators.flink)}`,
    number(gross), `± ${(grossSpread * 100).toFixed(0)} %`, net === undefined ? '–' : number(net),
    `${memory.ours} / ${memory.flink}`, load === undefined ? 'unknown' : `${load.toFixed(2)}${counts(load) ? '' : ' !'}`, resultsOf(results),
  ];
}

function resultsOf({ resultEvents, hash }) {
  return `equal over ${resultEvents} events: ${hash}`;
}

function remarksOf(lines) {
  const measured = lines.filter(({ gross }) => gross !== undefined);
  const loaded = measured.filter(({ load }) => !counts(load)).length;
  return loaded === 0 ? [] : [`  ! ${loaded} of these were taken under a foreign load of more than 0.5 and do not count`];
}

function number(value) {
  return value.toFixed(value < 10 ? 2 : 1);
}

function holds(does) {
  return does ? 'holds' : 'MISSED';
}
