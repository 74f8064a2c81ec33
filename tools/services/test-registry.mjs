// npm run test:registry: the tests of formats and client against a real schema registry, which it starts and stops.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runBin } from '../lib/run.mjs';
import { missingForJava } from './java-libraries.mjs';
import { RegistryServer } from './registry.mjs';

const missing = await missingForJava();
if (missing.length > 0) {
  console.log(`skipped: the registry needs ${missing.join(' and ')}, which this machine lacks`);
  process.exitCode = process.env.CI ? 1 : 0;
} else {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-registry-'));
  const server = new RegistryServer(folder);
  try {
    await server.start();
    process.env.MILLRACE_REGISTRY_URL = server.url;
    const packages = ['schema-registry', 'avro', 'json-schema', 'protobuf'].map((name) => `packages/${name}/src`);
    const { code, stdout, stderr } = await runBin('vitest', 'vitest', ['run', ...packages], { timeoutMs: 300_000 });
    console.log(stdout + stderr);
    process.exitCode = code === 0 ? 0 : 1;
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
