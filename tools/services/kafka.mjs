import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../lib/run.mjs';
import { javaLibraries, SERVICES_FOLDER } from './java-libraries.mjs';
import { KAFKA_USERS, KEYSTORE_PASSWORD, kafkaProperties } from './kafka-config.mjs';
import { endProcess, freePorts, livingPid, startDetached, until } from './processes.mjs';

/** The Kafka that tests run against. */
export const KAFKA_VERSION = '4.3.1';
const ARTIFACTS = [`org.apache.kafka:kafka_2.13:${KAFKA_VERSION}`, 'org.slf4j:slf4j-simple:1.7.36'];
const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qg';
const START_MS = 120_000;
/** Small and quick to start: the first compiler only, a simple collector, shared classes. */
const JVM = ['-Xmx320m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-Dorg.slf4j.simpleLogger.showDateTime=true'];

/**
 * One Kafka broker in a folder of its own. `state.json` there says how to reach it, so that another process can go on
 * with it: everything here is found again by the folder.
 */
export class KafkaServer {
  constructor(folder) {
    this.folder = folder;
    this.pidFile = join(folder, 'broker.pid');
    this.stateFile = join(folder, 'state.json');
  }

  /** `host:port`, for clients. */
  get bootstrap() {
    return `127.0.0.1:${this.state.port}`;
  }

  /** Of the secured variant: the plain listener whose user may do all, for setting up a test. */
  get internalBootstrap() {
    return `127.0.0.1:${this.state.internalPort}`;
  }

  /** Of the secured variant: the certificate that a client must trust, as PEM. */
  get certificate() {
    return readFileSync(join(this.folder, 'certificate.pem'), 'utf8');
  }

  get users() {
    return KAFKA_USERS;
  }

  get state() {
    return JSON.parse(readFileSync(this.stateFile, 'utf8'));
  }

  get pid() {
    return livingPid(this.pidFile);
  }

  /**
   * Starts the broker, makes its storage where there is none, and waits until it serves. `joins`: another server, in whose
   * cluster this is to be the second broker.
   */
  async start({ port, secured = false, extra = {}, joins } = {}) {
    if (this.pid !== undefined) return this;
    const jars = await javaLibraries(`kafka-${KAFKA_VERSION}`, ARTIFACTS);
    if (!existsSync(this.stateFile)) await this.#prepare(jars, { port, secured, extra, joins });
    this.#launch(jars);
    await this.#whenReady();
    return this;
  }

  /** Ends it in order. */
  stop() {
    return endProcess(this.pidFile);
  }

  /** Ends it with SIGKILL, as a crash does. */
  kill() {
    return endProcess(this.pidFile, { signal: 'SIGKILL' });
  }

  /** Holds the process still, as a machine that hangs; `wake` lets it go on. */
  freeze() {
    process.kill(this.pid, 'SIGSTOP');
  }

  wake() {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Ends it and removes its folder. */
  async remove() {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #prepare(jars, { port, secured, extra, joins }) {
    mkdirSync(this.folder, { recursive: true });
    const [free, controllerPort, internalPort] = await freePorts(3);
    const state = { port: port ?? free, controllerPort, internalPort, secured };
    if (secured) await this.#makeCertificate();
    writeFileSync(join(this.folder, 'server.properties'), kafkaProperties({ folder: this.folder, ...state, clusterPort: joins?.state.controllerPort, extra }));
    const scram = secured ? Object.entries(KAFKA_USERS).flatMap(([name, password]) => ['--add-scram', `SCRAM-SHA-256=[name=${name},password=${password}]`]) : [];
    const args = ['-cp', join(jars, '*'), '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', join(this.folder, 'server.properties'), ...scram];
    const { code, stdout, stderr } = await run('java', args);
    if (code !== 0) throw new Error(`the storage of Kafka could not be formatted:\n${stdout}${stderr}`);
    writeFileSync(this.stateFile, `${JSON.stringify(state)}\n`);
  }

  async #makeCertificate() {
    const keystore = join(this.folder, 'keystore.p12');
    const common = ['-keystore', keystore, '-storetype', 'PKCS12', '-storepass', KEYSTORE_PASSWORD, '-alias', 'broker'];
    const made = await run('keytool', ['-genkeypair', ...common, '-keyalg', 'RSA', '-keysize', '2048', '-validity', '3650', '-dname', 'CN=127.0.0.1', '-ext', 'SAN=ip:127.0.0.1,dns:localhost']);
    const shown = await run('keytool', ['-exportcert', '-rfc', ...common, '-file', join(this.folder, 'certificate.pem')]);
    if (made.code !== 0 || shown.code !== 0) throw new Error(`no certificate could be made:\n${made.stderr}${shown.stderr}`);
  }

  #launch(jars) {
    const logFile = join(this.folder, 'broker.log');
    startDetached('java', ['-cp', join(jars, '*'), ...JVM, 'kafka.Kafka', join(this.folder, 'server.properties')], { cwd: this.folder, logFile, pidFile: this.pidFile });
  }

  async #whenReady() {
    const address = this.state.secured ? this.internalBootstrap : this.bootstrap;
    const ready = await until(() => {
      if (this.pid === undefined) throw new Error(`Kafka ended while it was starting; its output:\n${tail(join(this.folder, 'broker.log'))}`);
      return serves(address);
    }, START_MS, 100);
    if (!ready) throw new Error(`Kafka was not ready within ${START_MS / 1000} s; its output:\n${tail(join(this.folder, 'broker.log'))}`);
  }
}

/** The folder of the broker that people start by hand; tests of the documentation name another one. */
export const kafkaFolder = () => join(process.env.MILLRACE_SERVICES_FOLDER ?? SERVICES_FOLDER, 'kafka');

/**
 * Whether the broker serves: an open port is not enough, the coordinators of groups and transactions come later.
 */
async function serves(address) {
  const { Cluster } = await import('@kafkats/client');
  const cluster = new Cluster({ brokers: [address], clientId: 'millrace-services', connectionTimeoutMs: 2000, requestTimeoutMs: 10_000 });
  try {
    await cluster.connect();
    await cluster.getCoordinator('GROUP', 'millrace-services');
    const coordinator = await cluster.getCoordinator('TRANSACTION', 'millrace-services');
    const { errorCode } = await coordinator.initProducerId({ transactionalId: 'millrace-services', transactionTimeoutMs: 1000 });
    return errorCode === 0;
  } catch {
    return false;
  } finally {
    await cluster.disconnect().catch(() => {});
  }
}

const tail = (file) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(-20).join('\n') : '(none)');
