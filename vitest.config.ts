import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Take longest, or wait longest for servers and processes: begun first, while there is something else to do. The first one has the schema registry started, and built where it never was. */
const FIRST = [
  'packages/avro/src/avro.test.ts',
  'packages/kafka/src/outage.test.ts',
  'simulated-jobs/simulated-jobs.test.ts',
  'backends/log/log-state-backend.test.ts',
  'tools/services/services.test.mjs',
  'backends/heap/heap-state-backend.test.ts',
  'tools/kill-test-kafka/kill-test-kafka.test.mjs',
  'benchmarks/nexmark/nexmark.test.ts',
  'tools/kill-test/kill-test.test.mjs',
  'windows/windows.property.test.ts',
  'packages/millrace/src/cli/restarts.test.ts',
  'packages/millrace/src/cli/control.test.ts',
  'packages/millrace/src/cli/command.test.ts',
  'packages/kafka/src/sink/kafka-sink.test.ts',
];

/** Wait for the schema registry, too, and would keep a worker from working. */
const LAST = ['packages/schema-registry/src/schema-registry.test.ts', 'packages/json-schema/src/json-schema.test.ts', 'packages/protobuf/src/protobuf-kafka.test.ts', 'packages/kafka/src/avro-pipeline.test.ts'];

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const first = FIRST.findIndex((name) => moduleId.endsWith(name));
      if (first >= 0) return first;
      return LAST.some((name) => moduleId.endsWith(name)) ? FIRST.length + 1 : FIRST.length;
    };
    return (await super.sort(files)).toSorted((left, right) => place(left) - place(right));
  }
}

/** Unit tests run on the sources, so a change is tested without a build. The same mapping stands in `tsconfig.check.json`. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^@millrace\/core$/, replacement: source('packages/core/src/index.ts') },
      { find: /^@millrace\/core\/spi$/, replacement: source('packages/core/src/spi.ts') },
      { find: /^@millrace\/core\/command$/, replacement: source('packages/core/src/command.ts') },
      { find: /^@millrace\/core\/testing$/, replacement: source('packages/core/src/testing/index.ts') },
      { find: /^@millrace\/event-log$/, replacement: source('packages/event-log/src/index.ts') },
      { find: /^@millrace\/schema-registry$/, replacement: source('packages/schema-registry/src/index.ts') },
      { find: /^@millrace\/avro$/, replacement: source('packages/avro/src/index.ts') },
      { find: /^@millrace\/protobuf$/, replacement: source('packages/protobuf/src/index.ts') },
      { find: /^@millrace\/json-schema$/, replacement: source('packages/json-schema/src/index.ts') },
      { find: /^@millrace\/kafka$/, replacement: source('packages/kafka/src/index.ts') },
      { find: /^millrace$/, replacement: source('packages/core/src/index.ts') },
      { find: /^millrace\/spi$/, replacement: source('packages/core/src/spi.ts') },
      { find: /^millrace\/testing$/, replacement: source('packages/core/src/testing/index.ts') },
    ],
  },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'golden/**/*.test.ts', 'examples/*/*.test.ts', 'tools/**/*.test.mjs', 'benchmarks/*.test.mjs', 'benchmarks/nexmark/*.test.ts'],
    testTimeout: 20_000,
    // Two more than there are cores: many tests wait for processes and servers.
    maxWorkers: availableParallelism() + 2,
    sequence: { sequencer: SlowFirst },
    // Servers that tests start and share; nothing is started before a test asks.
    globalSetup: ['tools/services/vitest-setup.mjs'],
  },
});
