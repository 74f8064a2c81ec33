import { mkdirSync, mkdtempSync, readdirSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingForJava } from './java-libraries.mjs';
import { KafkaServer } from './kafka.mjs';
import { until } from './processes.mjs';

/** Where the servers of one run of the tests lie; set by `vitest-setup.mjs`, whose workers inherit it. */
const RUN_FOLDER = 'MILLRACE_SERVICES_RUN';
const SHARED_START_MS = 240_000;

/** Why tests that need Kafka cannot run here; undefined when they can. With CI set it throws: there a skip is a failure. */
export async function kafkaUnavailable() {
  const missing = await missingForJava();
  if (missing.length === 0) return undefined;
  const reason = `Kafka needs ${missing.join(' and ')}, which this machine lacks`;
  if (process.env.CI) throw new Error(`${reason}; with CI set the tests against Kafka must run`);
  return reason;
}

/** Prepares a folder for servers that the test files of one run share. Gives what ends them. */
export function beginRun() {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-services-'));
  process.env[RUN_FOLDER] = folder;
  return async () => {
    for (const name of readdirSync(folder).filter((entry) => existsSync(join(folder, entry, 'state.json')))) await new KafkaServer(join(folder, name)).kill();
    rmSync(folder, { recursive: true, force: true });
  };
}

/** The broker that all test files of this run share; the first to ask starts it, in the form of its variant. */
export async function sharedKafka(variant = 'plain') {
  const run = process.env[RUN_FOLDER];
  if (run === undefined) throw new Error('there is no run of tests: vitest.config.ts names tools/services/vitest-setup.mjs');
  const server = new KafkaServer(join(run, `kafka-${variant}`));
  const ready = join(run, `kafka-${variant}.ready`);
  try {
    mkdirSync(join(run, `kafka-${variant}.starting`));
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!(await until(() => existsSync(ready), SHARED_START_MS))) throw new Error('the shared Kafka was not started by the test file that began to', { cause: error });
    return server;
  }
  await server.start({ secured: variant === 'secured' });
  mkdirSync(ready);
  return server;
}

/** A broker of the test's own, which it may kill. The caller removes it. */
export function ownKafka(options = {}) {
  return new KafkaServer(mkdtempSync(join(process.env[RUN_FOLDER] ?? tmpdir(), 'kafka-own-'))).start(options);
}
