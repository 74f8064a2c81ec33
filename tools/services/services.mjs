// npm run services -- up|down|status [kafka|registry]: starts and stops real servers for first steps and for trying things out.
import { rmSync } from 'node:fs';
import { missingForJava } from './java-libraries.mjs';
import { APICURIO_VERSION, RegistryServer, registryFolder } from './registry.mjs';
import { kafkaFolder, KafkaServer, KAFKA_VERSION } from './kafka.mjs';

const USAGE = `usage: npm run services -- COMMAND [SERVICE …]

  up SERVICE       starts it and waits until it is ready
  down SERVICE     stops it; --remove also removes its data
  address SERVICE  prints host:port of a broker or the URL of a registry, for scripts
  status           says what runs

services:
  kafka            Apache Kafka ${KAFKA_VERSION}, one node, on 127.0.0.1:19092 (needs Java 17 and Maven)
  registry         Apicurio ${APICURIO_VERSION}, a schema registry, at http://127.0.0.1:18081 (needs Java 17 and Maven, which builds it once)`;

/** Each service: how it is started, stopped and looked at. */
const SERVICES = {
  kafka: {
    async up() {
      const missing = await missingForJava();
      if (missing.length > 0) throw new Error(`Kafka needs ${missing.join(' and ')}, which ${missing.length === 1 ? 'is' : 'are'} not on the path`);
      const server = await new KafkaServer(kafkaFolder()).start(port === 0 ? {} : { port });
      return `kafka is ready at ${server.bootstrap} (process ${server.pid}, files in ${server.folder})`;
    },
    async down({ remove }) {
      const stopped = await new KafkaServer(kafkaFolder()).stop();
      if (remove) rmSync(kafkaFolder(), { recursive: true, force: true });
      return `kafka ${stopped ? 'is stopped' : 'was not running'}${remove ? ', its data are removed' : ''}`;
    },
    async address() {
      const server = new KafkaServer(kafkaFolder());
      if (server.pid === undefined) throw new Error('kafka is not running');
      return server.bootstrap;
    },
    async status() {
      const server = new KafkaServer(kafkaFolder());
      return server.pid === undefined ? 'kafka is not running' : `kafka runs at ${server.bootstrap} (process ${server.pid})`;
    },
  },
  registry: {
    async up() {
      const missing = await missingForJava();
      if (missing.length > 0) throw new Error(`the registry needs ${missing.join(' and ')}, which ${missing.length === 1 ? 'is' : 'are'} not on the path`);
      const server = await new RegistryServer(registryFolder()).start({ port: 18_081 });
      return `registry is ready at ${server.url} (process ${server.pid}, files in ${server.folder})`;
    },
    async down({ remove }) {
      const stopped = await new RegistryServer(registryFolder()).stop();
      if (remove) rmSync(registryFolder(), { recursive: true, force: true });
      return `registry ${stopped ? 'is stopped' : 'was not running'}${remove ? ', its data are removed' : ''}`;
    },
    async address() {
      const server = new RegistryServer(registryFolder());
      if (server.pid === undefined) throw new Error('registry is not running');
      return server.url;
    },
    async status() {
      const server = new RegistryServer(registryFolder());
      return server.pid === undefined ? 'registry is not running' : `registry runs at ${server.url} (process ${server.pid})`;
    },
  },
};

/** Another port than the usual one; 0: one that is free. */
const port = Number(process.env.MILLRACE_KAFKA_PORT ?? 19_092);
const flags = process.argv.slice(2).filter((word) => word.startsWith('-'));
const words = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const remove = flags.includes('--remove');
const unknownFlag = flags.find((flag) => flag !== '--remove');
const [command, ...named] = words;
const names = named.length === 0 && command === 'status' ? Object.keys(SERVICES) : named;
const unknown = names.find((name) => !Object.hasOwn(SERVICES, name));
if (flags.includes('--help') || flags.includes('-h')) {
  console.log(USAGE);
} else if (!['up', 'down', 'status', 'address'].includes(command) || names.length === 0 || unknown !== undefined || unknownFlag !== undefined) {
  const problem = unknown !== undefined ? `there is no service "${unknown}"` : unknownFlag !== undefined ? `there is no option ${unknownFlag}` : undefined;
  console.error(problem === undefined ? USAGE : `${problem}\n\n${USAGE}`);
  process.exitCode = 2;
} else {
  for (const name of names) {
    try {
      console.log(await SERVICES[name][command]({ remove }));
    } catch (error) {
      console.error(error.message);
      process.exitCode = 1;
    }
  }
}
