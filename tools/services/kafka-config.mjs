/** Users of the secured variant. `alice` gets rights by ACLs of the test, `mallory` has none. */
export const KAFKA_USERS = { admin: 'admin-secret', alice: 'alice-secret', mallory: 'mallory-secret' };
export const KEYSTORE_PASSWORD = 'millrace';

/** Settings of a small broker on the loopback that is its own controller, or, with `clusterPort`, the second one of the controller there. */
export function kafkaProperties({ folder, port, controllerPort, internalPort, secured, clusterPort, extra = {} }) {
  const common = {
    'process.roles': clusterPort === undefined ? 'broker,controller' : 'broker',
    'node.id': clusterPort === undefined ? 1 : 2,
    'controller.quorum.voters': `1@127.0.0.1:${clusterPort ?? controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': `${folder}/data`,
    'num.partitions': 1,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 2,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 2,
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 500,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'auto.create.topics.enable': false,
    'log.retention.check.interval.ms': 500,
    'log.segment.delete.delay.ms': 500,
    'log.initial.task.delay.ms': 500,
  };
  return text({ ...common, ...(secured ? securedListeners({ folder, port, controllerPort, internalPort }) : plainListeners({ port, controllerPort: clusterPort === undefined ? controllerPort : undefined })), ...extra });
}

function plainListeners({ port, controllerPort }) {
  return {
    listeners: `PLAINTEXT://127.0.0.1:${port}${controllerPort === undefined ? '' : `,CONTROLLER://127.0.0.1:${controllerPort}`}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
  };
}

/** SASL over TLS for clients; what the broker says to itself goes over a plain listener, whose nameless user may do all. */
function securedListeners({ folder, port, controllerPort, internalPort }) {
  const users = Object.entries(KAFKA_USERS).map(([name, password]) => `user_${name}="${password}"`).join(' ');
  return {
    listeners: `SASL_SSL://127.0.0.1:${port},INTERNAL://127.0.0.1:${internalPort},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `SASL_SSL://127.0.0.1:${port},INTERNAL://127.0.0.1:${internalPort}`,
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT,SASL_SSL:SASL_SSL',
    'inter.broker.listener.name': 'INTERNAL',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256',
    'listener.name.sasl_ssl.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${users};`,
    'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': 'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'ssl.keystore.location': `${folder}/keystore.p12`,
    'ssl.keystore.password': KEYSTORE_PASSWORD,
    'ssl.keystore.type': 'PKCS12',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:admin;User:ANONYMOUS',
    'allow.everyone.if.no.acl.found': false,
  };
}

const text = (properties) => Object.entries(properties).map(([name, value]) => `${name}=${value}\n`).join('');
