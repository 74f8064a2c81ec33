import { mkdirSync, mkdtempSync, readdirSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingForJava } from './java-libraries.mjs';
import { KafkaServer } from './kafka.mjs';
import { until } from './processes.mjs';
import { RegistryServer } from './registry.mjs';

/** Where the servers of one run of the tests lie; set by `vitest-setup.mjs`, whose workers inherit it. */
const RUN_FOLDER = 'MILLRACE_SERVICES_RUN';
const SHARED_START_MS = 240_000;
/** The first one on a machine builds the registry. */
const REGISTRY_START_MS = 880_000;

/** Why tests that need Kafka cannot run here; undefined when they can. With CI set it throws: there a skip is a failure. */
export function kafkaUnavailable() {
  return unavailable('Kafka');
}

/** The same for a schema registry. */
export function registryUnavailable() {
  return unavailable('the schema registry');
}

async function unavailable(server) {
  const missing = await missingForJava();
  if (missing.length === 0) return undefined;
  const reason = `${server} needs ${missing.join(' and ')}, which this machine lacks`;
  if (process.env.CI) throw new Error(`${reason}; with CI set the tests against ${server} must run`);
  return reason;
}

/** Prepares a folder for servers that the test files of one run share. Gives what ends them. */
export function beginRun() {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-services-'));
  process.env[RUN_FOLDER] = folder;
  return async () => {
    for (const name of readdirSync(folder).filter((entry) => existsSync(join(folder, entry, 'state.json')))) {
      const own = join(folder, name);
      await (name.startsWith('registry') ? new RegistryServer(own).stop() : new KafkaServer(own).kill());
    }
    rmSync(folder, { recursive: true, force: true });
  };
}

/** The broker that all test files of this run share; the first to ask starts it, in the form of its variant. */
export async function sharedKafka(variant = 'plain') {
  return shared(`kafka-${variant}`, SHARED_START_MS, (folder) => new KafkaServer(folder), (server) => server.start({ secured: variant === 'secured' }));
}

/** The schema registry that all test files of this run share. What they register is told apart by its subjects. */
export async function sharedRegistry() {
  const given = process.env.MILLRACE_REGISTRY_URL;
  return given === undefined ? shared('registry', REGISTRY_START_MS, (folder) => new RegistryServer(folder), (server) => server.start()) : { url: given };
}

/** A server by its name in this run: the first to ask starts it, the others wait until it serves. */
async function shared(name, waitMs, at, start) {
  const run = process.env[RUN_FOLDER];
  if (run === undefined) throw new Error('there is no run of tests: vitest.config.ts names tools/services/vitest-setup.mjs');
  const server = at(join(run, name));
  const ready = join(run, `${name}.ready`);
  try {
    mkdirSync(join(run, `${name}.starting`));
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!(await until(() => existsSync(ready), waitMs))) throw new Error(`the shared server ${name} was not started by the test file that began to`, { cause: error });
    return server;
  }
  await start(server);
  mkdirSync(ready);
  return server;
}

/** A registry of the test's own, which it may end and start again. */
export function ownRegistry() {
  return new RegistryServer(mkdtempSync(join(process.env[RUN_FOLDER] ?? tmpdir(), 'registry-own-'))).start();
}

/** A broker of the test's own, which it may kill. The caller removes it. */
export function ownKafka(options = {}) {
  return new KafkaServer(mkdtempSync(join(process.env[RUN_FOLDER] ?? tmpdir(), 'kafka-own-'))).start(options);
}
