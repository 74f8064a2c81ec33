import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../lib/paths.mjs';
import { npm, run, runBin } from '../lib/run.mjs';

const JOB = `import { arg, defineJob, fileSink, fileSource, json, type } from 'millrace';

interface Visit { user: string; pages: number }

export default defineJob({
  name: 'pages-per-user',
  args: { input: arg.path(), output: arg.path() },
  build(env, args) {
    env.fromSource(fileSource({ path: args.input, format: json() }), { name: 'visits' })
      .map((visit) => visit as Visit)
      .filter((visit) => visit.pages > 0)
      .keyBy('user')
      .sum('pages')
      .sinkTo(fileSink({ path: args.output, format: json() }), { name: 'totals' });
  },
});

export const visitType = type<Visit>();
`;

const USES = `import * as api from 'millrace';
import * as spi from 'millrace/spi';
import * as testing from 'millrace/testing';
import * as core from '@millrace/core';
import * as eventLog from '@millrace/event-log';
import * as kafka from '@millrace/kafka';
import * as avro from '@millrace/avro';
import * as jsonSchema from '@millrace/json-schema';
import * as protobuf from '@millrace/protobuf';
import * as schemaRegistry from '@millrace/schema-registry';

export const everything: readonly object[] = [api, spi, testing, core, eventLog, kafka, avro, jsonSchema, protobuf, schemaRegistry];
`;

/** What a project shares between its modules, with declaration files: the types that are inferred must have public names. */
const SHARED = `import { arg, boundedOutOfOrderness, cloudEvents, count, csv, debeziumJson, defineJob, fileSource, json, redrive, runJob, state, StreamEnvironment, t, tumblingEventTime, type Format } from 'millrace';
import { eventLogSink, eventLogSource } from '@millrace/event-log';
import { kafkaMessages, kafkaSink, kafkaSource } from '@millrace/kafka';

export const Visit = t.struct({ id: t.string, at: t.number, tags: t.list(t.string), note: t.optional(t.string) });
export const visits = json(Visit);
export const named: Format<{ id: string }> = json(t.struct({ id: t.string }));
export const fromTopic = kafkaSource({ brokers: 'b', topics: 'visits', format: visits });
export const messages = kafkaMessages({ key: json(), value: visits });
export const toTopic = kafkaSink({ brokers: 'b', topic: 'visits', format: visits });
export const fromLog = eventLogSource({ directory: 'visits', format: visits });
export const toLog = eventLogSink({ directory: 'visits', format: visits });
export const fromFile = fileSource({ path: 'visits', format: csv({ types: { id: t.string, at: t.number } }) });
export const changes = debeziumJson(Visit);
export const events = cloudEvents(visits);
export const again = redrive(visits);
export const newest = state.value(Visit);
export const seen = state.map(t.string, t.number);
export const watermarks = boundedOutOfOrderness('2 s', (visit: { at: number }) => visit.at);
export const env = StreamEnvironment.create();
export const newEnvironment = () => StreamEnvironment.create({ parallelism: 2 });
export const visited = env.fromSource(fileSource({ path: 'visits', format: visits }), { watermarks });
export const byVisitor = visited.keyBy('id');
export const perMinute = byVisitor.window(tumblingEventTime('1 min'));
export const visitsPerMinute = perMinute.aggregate({ visits: count() });
export const asTheyCome = byVisitor.process({ state: { seen: state.value(t.number) }, processElement(visit, ctx, out) { out.collect(visit.tags); } });
export const together = byVisitor.connect(byVisitor);
export const printed = visitsPerMinute.union(visitsPerMinute).print();
export const job = defineJob({ name: 'visits', args: { last: arg.number() }, build(inJob: StreamEnvironment, { last }) { inJob.fromSequence(1, last).print(); } });
export const running = () => runJob('./job.js');
export const result = () => env.execute('visits');
`;

const TYPES = { compilerOptions: { target: 'es2023', lib: ['es2023', 'esnext.disposable'], module: 'nodenext', strict: true, exactOptionalPropertyTypes: true, declaration: true, noEmit: true, skipLibCheck: false, types: ['node'] }, include: ['*.ts'] };

function ownManifest() {
  return JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'));
}

/** Installs the tarballs into an empty folder, as a user would; gives complaints. */
export async function install(folder, packed) {
  mkdirSync(folder, { recursive: true });
  // Node's own types are all that a TypeScript job needs besides the package: its functions get an AbortSignal.
  const dependencies = { ...Object.fromEntries(packed.map(({ name, tarball }) => [name, `file:${tarball}`])), '@types/node': ownManifest().devDependencies['@types/node'] };
  // `millrace` depends on the version of the engine beside it, which no registry has yet.
  const overrides = Object.fromEntries(packed.map(({ name }) => [name, `$${name}`]));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies, overrides }, null, 2));
  const { code, stdout, stderr } = await npm(['install', '--prefer-offline', '--ignore-scripts', '--no-package-lock'], { cwd: folder, timeoutMs: 180_000 });
  return code === 0 ? [] : [`npm install failed:\n${stdout}${stderr}`];
}

/** Type-checks a user's job against the installed declarations, libraries included, with no other types than Node's. */
export async function typeCheck(folder) {
  writeFileSync(join(folder, 'job.ts'), JOB);
  writeFileSync(join(folder, 'uses.ts'), USES);
  writeFileSync(join(folder, 'shared.ts'), SHARED);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TYPES, null, 2));
  const { code, stdout, stderr } = await runBin('typescript', 'tsc', ['-p', folder, '--pretty', 'false'], { cwd: folder });
  return code === 0 ? [] : [`${stdout}${stderr}`.trim()];
}

/** Imports every public entry. */
export async function importEntries(folder) {
  const script = "const names = ['millrace', 'millrace/spi', 'millrace/testing', '@millrace/core', '@millrace/core/spi', '@millrace/core/command', '@millrace/core/testing', '@millrace/event-log', '@millrace/kafka', '@millrace/avro', '@millrace/json-schema', '@millrace/protobuf', '@millrace/schema-registry'];\nfor (const name of names) if (Object.keys(await import(name)).length === 0) throw new Error(`${name} exports nothing`);\n";
  writeFileSync(join(folder, 'entries.mjs'), script);
  const { code, stdout, stderr } = await run(process.execPath, ['entries.mjs'], { cwd: folder });
  return code === 0 ? [] : [`${stdout}${stderr}`.trim()];
}

/** Asks the entries whether they are one engine, and whether errors name the user's line and not the engine's. */
export async function oneEngine(folder) {
  const script = `import * as api from '@millrace/core';
import * as spi from '@millrace/core/spi';
import * as command from '@millrace/core/command';
import * as testing from '@millrace/core/testing';
import { defineJob, MillraceError } from 'millrace';

const found = new Map();
for (const entry of [api, spi, command, testing]) for (const [name, value] of Object.entries(entry)) {
  if (found.has(name) && found.get(name) !== value) throw new Error(name + ' exists twice');
  found.set(name, value);
  if (typeof value === 'function' && ['_' + name, name + '2'].includes(value.name)) throw new Error(name + ' calls itself ' + value.name);
}
let where;
try {
  defineJob({ name: 'wrong', build: (env) => env.fromElements(1).keyBy(String).window(5) }).build({});
} catch (error) {
  if (!(error instanceof MillraceError)) throw error;
  where = error.message;
}
if (!/defined at .*engine\\.mjs:15:/.test(where)) throw new Error('the error does not name the line of the user: ' + where);
await import('@millrace/core/dist/bundle/index.js').then(() => { throw new Error('internals can be imported'); }, (error) => { if (error.code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw error; });
`;
  writeFileSync(join(folder, 'engine.mjs'), script);
  const results = await Promise.all([[], ['--enable-source-maps']].map((flags) => run(process.execPath, [...flags, 'engine.mjs'], { cwd: folder })));
  return results.filter(({ code }) => code !== 0).map(({ stdout, stderr }) => `${stdout}${stderr}`.trim());
}

/** Runs the job with the installed command and looks at what it committed. */
export async function runJob(folder) {
  writeFileSync(join(folder, 'visits.ndjson'), [['ann', 2], ['bob', 0], ['ann', 3], ['bob', 4]].map(([user, pages]) => `${JSON.stringify({ user, pages })}\n`).join(''));
  const { code, stdout, stderr } = await npm(['exec', '--offline', '--', 'millrace', 'run', 'job.ts', '--', '--input', 'visits.ndjson', '--output', 'totals'], { cwd: folder, timeoutMs: 60_000 });
  if (code !== 0) return [`millrace run ended with exit code ${code}:\n${stdout}${stderr}`];
  const rows = readdirSync(join(folder, 'totals')).filter((name) => !name.startsWith('.')).flatMap((name) => readFileSync(join(folder, 'totals', name), 'utf8').trim().split('\n'));
  const expected = ['{"user":"ann","pages":2}', '{"user":"ann","pages":5}', '{"user":"bob","pages":4}'];
  return rows.sort().join('\n') === expected.join('\n') ? [] : [`millrace run committed\n${rows.join('\n')}\ninstead of\n${expected.join('\n')}`];
}
