import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { REPOSITORY } from '../lib/paths.mjs';
import { run } from '../lib/run.mjs';

/**
 * Runs the ```sh run blocks of one page, one after another, in one folder that looks like a user's project: `millrace`
 * is installed (linked) and on the path, the blocks of the page that have a name (`file=job.ts`) lie there, and so do
 * the examples. Jobs of other pages, which may run at the same time, are not to be seen from it. Resolves to the failures `{ script, text }`.
 */
export async function runScripts(scripts, files) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-docs-'));
  try {
    const bin = prepare(folder, files);
    const failures = [];
    for (const script of scripts) {
      const env = { PATH: `${bin}${delimiter}${process.env.PATH}`, NO_COLOR: '1', TMPDIR: folder, XDG_RUNTIME_DIR: folder, MILLRACE_SERVICES_FOLDER: join(folder, 'services'), MILLRACE_KAFKA_PORT: '0' };
      const { code, stdout, stderr } = await run('bash', ['-euo', 'pipefail', '-c', script.code], { cwd: folder, env, timeoutMs: script.needs === undefined ? 60_000 : 180_000 });
      if (code !== 0) failures.push({ script, text: `exit code ${code}\n${stdout}${stderr}`.trim() });
    }
    return failures;
  } finally {
    // A page that failed half-way has not stopped what it started.
    if (existsSync(join(folder, 'services'))) await run(process.execPath, [join(REPOSITORY, 'tools/services/services.mjs'), 'down', 'kafka'], { env: { MILLRACE_SERVICES_FOLDER: join(folder, 'services') } });
    rmSync(folder, { recursive: true, force: true });
  }
}

function prepare(folder, files) {
  const scripts = { services: `"${process.execPath}" "${join(REPOSITORY, 'tools/services/services.mjs')}"` };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ private: true, type: 'module', scripts })}\n`);
  symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
  symlinkSync(join(REPOSITORY, 'examples'), join(folder, 'examples'));
  for (const { name, code } of files) writeFileSync(join(folder, `${name}.ts`), `${code.trimStart()}\n`);
  const bin = join(folder, '.bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'millrace'), `#!/bin/sh\nexec "${process.execPath}" "${join(REPOSITORY, 'packages/millrace/bin/millrace.js')}" "$@"\n`);
  // Pages say `npx millrace`; the command of this checkout answers, without a look at any registry.
  writeFileSync(join(bin, 'npx'), '#!/bin/sh\n[ "$1" = millrace ] || { echo "npx: only millrace is here" >&2; exit 1; }\nexec "$@"\n');
  for (const name of ['millrace', 'npx']) chmodSync(join(bin, name), 0o755);
  return bin;
}
