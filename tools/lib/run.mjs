import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { REPOSITORY } from './paths.mjs';

/** npm's settings that would talk or ask; tools start it without them. */
const QUIET_NPM = { npm_config_fund: 'false', npm_config_audit: 'false', npm_config_update_notifier: 'false', npm_config_loglevel: 'error', NO_UPDATE_NOTIFIER: '1' };

/**
 * Runs a program to its end. Standard input is closed, so nothing can wait for an answer.
 * `echo` shows the output while it runs, or is given it where it is a function; it is returned in any case. A run over `timeoutMs` is killed and says so.
 */
export function run(command, args, { cwd = REPOSITORY, env = {}, echo = false, timeoutMs = 600_000 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...QUIET_NPM, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    let timedOut = false;
    const [out, err] = typeof echo === 'function' ? [echo, echo] : [(data) => echo && process.stdout.write(data), (data) => echo && process.stderr.write(data)];
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.stdout.on('data', (data) => {
      stdout += data;
      out(data);
    });
    child.stderr.on('data', (data) => {
      stderr += data;
      err(data);
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ code: 127, stdout, stderr: `${stderr}${error.message}\n` });
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (timedOut) stderr += `\n${command} took longer than ${timeoutMs / 1000} s and was killed\n`;
      resolve({ code: timedOut ? 124 : (code ?? `signal ${signal}`), stdout, stderr });
    });
  });
}

/** The npm that belongs to the running Node where it can be found, else the one on the path. */
export function npmCommand() {
  const beside = join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js');
  const script = process.env.npm_execpath?.endsWith('npm-cli.js') ? process.env.npm_execpath : beside;
  return existsSync(script) ? [process.execPath, script] : ['npm'];
}

/** Runs npm. */
export function npm(args, options) {
  const [command, ...first] = npmCommand();
  return run(command, [...first, ...args], options);
}

/** The script behind a command of an installed package, e.g. `binScript('typescript', 'tsc')`, to be run with Node. */
export function binScript(packageName, bin = packageName, from = REPOSITORY) {
  const manifestPath = join(from, 'node_modules', packageName, 'package.json');
  const manifest = createRequire(import.meta.url)(manifestPath);
  const script = typeof manifest.bin === 'string' ? manifest.bin : manifest.bin[bin];
  return join(dirname(manifestPath), script);
}

/** Runs a command of an installed package with the running Node. */
export function runBin(packageName, bin, args, options) {
  return run(process.execPath, [binScript(packageName, bin), ...args], options);
}
