import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../lib/run.mjs';
import { SERVICES_FOLDER } from './java-libraries.mjs';
import { endProcess, freePorts, livingPid, startDetached, until } from './processes.mjs';

/** The registry that tests run against: it speaks version 6 of Confluent's API. */
export const APICURIO_VERSION = '2.0.1.Final';
const QUARKUS_VERSION = '1.12.2.Final';
const START_MS = 120_000;
const BUILD_MS = 900_000;
/** The old build tool, and the server, look into parts of Java that are closed by now. */
const OPENED = ['java.base/java.lang=ALL-UNNAMED', 'java.base/java.util=ALL-UNNAMED', 'java.base/java.lang.invoke=ALL-UNNAMED'].flatMap((one) => ['--add-opens', one]);
const JVM = ['-Xmx300m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];

/** A schema registry in a folder of its own, found again by the folder. Its data are in memory. */
export class RegistryServer {
  constructor(folder) {
    this.folder = folder;
    this.pidFile = join(folder, 'registry.pid');
    this.stateFile = join(folder, 'state.json');
  }

  /** The address of the API that is Confluent's. */
  get url() {
    return `http://127.0.0.1:${JSON.parse(readFileSync(this.stateFile, 'utf8')).port}/apis/ccompat/v6`;
  }

  get pid() {
    return livingPid(this.pidFile);
  }

  /** Starts it, builds it where that was not done yet, and waits until it serves. */
  async start({ port } = {}) {
    if (this.pid !== undefined) return this;
    const built = await builtRegistry();
    mkdirSync(this.folder, { recursive: true });
    const chosen = port ?? (await freePorts(1))[0];
    writeFileSync(this.stateFile, `${JSON.stringify({ port: chosen })}\n`);
    const logFile = join(this.folder, 'registry.log');
    const args = [...OPENED, ...JVM, `-Dquarkus.http.port=${chosen}`, '-Dquarkus.http.host=127.0.0.1', '-jar', join(built, 'registry-1-runner.jar')];
    startDetached('java', args, { cwd: this.folder, logFile, pidFile: this.pidFile });
    const ready = await until(async () => {
      if (this.pid === undefined) throw new Error(`the registry ended while it was starting; its output is in ${logFile}`);
      return fetch(`${this.url}/subjects`).then(({ ok }) => ok, () => false);
    }, START_MS, 200);
    if (!ready) throw new Error(`the registry was not ready within ${START_MS / 1000} s; its output is in ${logFile}`);
    return this;
  }

  stop() {
    return endProcess(this.pidFile);
  }
}

/** The folder of the registry that people start by hand. */
export const registryFolder = () => join(SERVICES_FOLDER, 'registry');

/** The folder with the built server; Maven builds it once. */
async function builtRegistry() {
  const folder = join(SERVICES_FOLDER, 'libraries', `apicurio-${APICURIO_VERSION}`);
  if (existsSync(folder)) return folder;
  mkdirSync(join(SERVICES_FOLDER, 'libraries'), { recursive: true });
  const own = mkdtempSync(join(SERVICES_FOLDER, 'libraries', '.apicurio-'));
  writeFileSync(join(own, 'pom.xml'), POM);
  const { code, stdout, stderr } = await run('mvn', ['-q', '-B', 'package'], { cwd: own, timeoutMs: BUILD_MS, env: { ...process.env, MAVEN_OPTS: OPENED.join(' ') } });
  if (code !== 0) throw new Error(`Maven could not build the registry:\n${stdout}${stderr}`);
  try {
    renameSync(join(own, 'target'), folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
  rmSync(own, { recursive: true, force: true });
  return folder;
}

/** The application lies in a library that has no index of its classes, so the build is told to make one. */
const INDEXED = ['apicurio-registry-app', 'apicurio-registry-common']
  .map((id, at) => `<quarkus.index-dependency.i${at}.group-id>io.apicurio</quarkus.index-dependency.i${at}.group-id><quarkus.index-dependency.i${at}.artifact-id>${id}</quarkus.index-dependency.i${at}.artifact-id>`)
  .join('');

/** One library that Apicurio names is no longer to be had; the same classes are under another name. */
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>millrace.services</groupId><artifactId>registry</artifactId><version>1</version><packaging>jar</packaging>
<properties><maven.compiler.release>11</maven.compiler.release><quarkus.package.type>legacy-jar</quarkus.package.type>${INDEXED}</properties>
<dependencyManagement><dependencies><dependency><groupId>io.quarkus</groupId><artifactId>quarkus-bom</artifactId><version>${QUARKUS_VERSION}</version><type>pom</type><scope>import</scope></dependency></dependencies></dependencyManagement>
<dependencies>
<dependency><groupId>io.apicurio</groupId><artifactId>apicurio-registry-app</artifactId><version>${APICURIO_VERSION}</version><exclusions><exclusion><groupId>com.github.everit-org.json-schema</groupId><artifactId>org.everit.json.schema</artifactId></exclusion></exclusions></dependency>
<dependency><groupId>com.github.erosb</groupId><artifactId>everit-json-schema</artifactId><version>1.14.2</version></dependency>
</dependencies>
<build><plugins><plugin><groupId>io.quarkus</groupId><artifactId>quarkus-maven-plugin</artifactId><version>${QUARKUS_VERSION}</version><executions><execution><goals><goal>build</goal></goals></execution></executions></plugin></plugins></build>
</project>
`;
