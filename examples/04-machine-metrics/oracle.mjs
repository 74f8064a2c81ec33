// The same windows without Millrace: node oracle.mjs sample.ndjson rows|text
import { readFileSync } from 'node:fs';

const [file, wanted] = process.argv.slice(2);
const samples = readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
const round = (figure) => Math.round(figure * 10) / 10;
const mean = (figures) => figures.reduce((sum, figure) => sum + figure, 0) / figures.length;
const time = (timestamp) => new Date(timestamp).toISOString().slice(11, 19);
const windows = new Map();
for (const sample of samples) {
  const start = Math.floor(sample.timestamp / 5_000) * 5_000;
  windows.set(start, [...(windows.get(start) ?? []), sample]);
}
for (const [windowStart, list] of windows) {
  const row = {
    host: list[0].host, windowStart, windowEnd: windowStart + 5_000, samples: list.length, cpu: round(mean(list.map(({ cpu }) => cpu))),
    highestCpu: Math.max(...list.map(({ cpu }) => cpu)), load: round(mean(list.map(({ load }) => load))),
    memory: Math.max(...list.map(({ memory }) => memory)), disk: list.at(-1).disk,
  };
  console.log(wanted === 'rows' ? JSON.stringify(row)
    : `${time(row.windowStart)}–${time(row.windowEnd)} ${row.host}: cpu ${row.cpu} % (up to ${row.highestCpu} %), load ${row.load}, memory ${row.memory} %, disk ${row.disk} %`);
}
