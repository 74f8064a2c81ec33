import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { WORKSPACE } from './workspace.mjs';

const TIMEOUT_MS = 30_000;

/** Bundles the modules (packages stay outside) and runs them one after another; resolves to the failures `{ module, text }`. */
export async function runModules(modules) {
  if (modules.length === 0) return [];
  await build({
    absWorkingDir: WORKSPACE, entryPoints: modules.map(({ path }) => path), outbase: 'pages', outdir: 'out', outExtension: { '.js': '.mjs' },
    bundle: true, packages: 'external', platform: 'node', format: 'esm', target: 'node20', sourcemap: 'inline', logLevel: 'silent',
  });
  const failures = [];
  let child;
  for (const module of modules) {
    child ??= startChild();
    const text = await runOne(child, join(WORKSPACE, module.path.replace(/^pages/, 'out').replace(/\.ts$/, '.mjs')));
    if (text !== undefined) failures.push({ module, text });
    if (child.ended) child = undefined;
  }
  child?.end();
  return failures;
}

/** A child process that imports one module after another, in an empty folder of its own. */
function startChild() {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-docs-'));
  const process_ = fork(new URL('child.mjs', import.meta.url), { cwd: folder, execArgv: ['--enable-source-maps'], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const child = { process: process_, output: '', ended: false, end: () => process_.kill('SIGKILL') };
  process_.stdout.on('data', (data) => (child.output += data));
  process_.stderr.on('data', (data) => (child.output += data));
  process_.on('exit', () => {
    child.ended = true;
    rmSync(folder, { recursive: true, force: true });
  });
  return child;
}

function runOne(child, path) {
  child.output = '';
  return new Promise((resolve) => {
    const done = (text) => {
      clearTimeout(timer);
      child.process.removeListener('message', onMessage);
      child.process.removeListener('exit', onExit);
      resolve(text === undefined ? undefined : `${text}\n${child.output}`.trim());
    };
    const onMessage = (message) => done(message.error);
    const onExit = (code) => done(code === 0 ? undefined : `the example ended its process with exit code ${code}`);
    const timer = setTimeout(() => {
      child.ended = true;
      child.end();
      done(`the example did not end within ${TIMEOUT_MS / 1000} s`);
    }, TIMEOUT_MS);
    child.process.on('message', onMessage);
    child.process.on('exit', onExit);
    child.process.send({ path });
  });
}
