/** Real processes of the real command, for tests. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const COMMAND: string = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url));

/** How a process has ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A process of the command that may still run. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when standard error or output holds the text. */
  says(text: RegExp): Promise<string>;
}

/** A folder in which jobs and commands of one test file find each other, and nobody else. */
export class Place {
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly #children: Set<ChildProcess> = new Set();

  constructor(name: string) {
    this.folder = mkdtempSync(join(tmpdir(), `millrace-${name}-`));
    // Jobs are looked for in both folders.
    this.environment = { ...process.env, XDG_RUNTIME_DIR: this.folder, TMPDIR: this.folder };
  }

  file(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  start(args: readonly string[], environment: Record<string, string> = {}): Running {
    return this.node([COMMAND, ...args], environment);
  }

  node(args: readonly string[], environment: Record<string, string> = {}): Running {
    const child = spawn(process.execPath, [...args], { cwd: this.folder, env: { ...this.environment, ...environment } });
    this.#children.add(child);
    let [out, err] = ['', ''];
    const listeners = new Set<() => void>();
    const told = (): void => listeners.forEach((listener) => listener());
    child.stdout.on('data', (data) => {
      out += data;
      told();
    });
    child.stderr.on('data', (data) => {
      err += data;
      told();
    });
    const ended = new Promise<Ended>((resolve) => child.on('close', (code) => {
      this.#children.delete(child);
      told();
      resolve({ code, out, err });
    }));
    const says = (text: RegExp): Promise<string> => new Promise((resolve, reject) => {
      const look = (): void => {
        if (text.test(err) || text.test(out)) resolve(err + out);
        else if (child.exitCode !== null) reject(new Error(`ended with ${child.exitCode} and did not say ${text}: ${err}${out}`));
        else return;
        listeners.delete(look);
      };
      listeners.add(look);
      look();
    });
    return { child, ended, says };
  }

  /** Runs a command to its end. */
  run(args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
    return this.start(args, environment).ended;
  }

  /** Ends what a failed test has left running, so that it does not fail others. */
  killAll(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }

  remove(): void {
    this.killAll();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A job that never ends by itself and writes what it reads to the folder of its argument. */
export function endlessJob(name: string): string {
  return `import { arg, datagen, defineJob, fileSink, json } from 'millrace';
export default defineJob({
  name: '${name}',
  args: { output: arg.path() },
  build(env, args) {
    env.fromSource(datagen({ seed: 1, rate: 500, fields: (index) => ({ index }) }), { name: 'numbers', uid: 'numbers' })
      .sinkTo(fileSink({ path: args.output, format: json() }), { name: 'lines', uid: 'lines' });
  },
});
`;
}
