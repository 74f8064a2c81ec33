import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

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
    // As many as there are cores; the default leaves one of two idle.
    maxWorkers: availableParallelism(),
    // Servers that tests start and share; nothing is started before a test asks.
    globalSetup: ['tools/services/vitest-setup.mjs'],
  },
});
