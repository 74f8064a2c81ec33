import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { untilEnd } from './children.mjs';

const PROJECT = fileURLToPath(new URL('../flink', import.meta.url));
const OPENED = ['java.base/java.util', 'java.base/java.lang', 'java.base/java.time'].map((module) => `--add-opens=${module}=ALL-UNNAMED`);
/** Half of the machine's memory, and no more than 8 GB. */
const HEAP_GB = Math.max(1, Math.min(8, Math.floor(totalmem() / 2 ** 31)));

/** What is missing for a run against Flink, in words that begin with a code; undefined when nothing is. */
export function missing() {
  for (const [program, code] of [['mvn', 'BENCH-1'], ['java', 'BENCH-2']]) {
    const { error } = spawnSync(program, ['-version'], { stdio: 'ignore' });
    if (error !== undefined) return `${code}: "${program}" was not found. The comparison with Flink needs Maven and Java 17; all other benchmarks run without.`;
  }
  return undefined;
}

/** Builds the Java project, with Flink from Maven Central, and gives the class path of its program. */
export async function buildFlink() {
  const target = join(PROJECT, 'target');
  const file = join(target, 'classpath.txt');
  mkdirSync(target, { recursive: true });
  const child = untilEnd(spawn('mvn', ['-q', '-B', 'package', 'dependency:build-classpath', `-Dmdep.outputFile=${file}`], { cwd: PROJECT, stdio: ['ignore', 2, 2] }));
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`Maven could not build benchmarks/nexmark/flink; it ended with ${code}`);
  return `${join(target, 'classes')}:${readFileSync(file, 'utf8').trim()}`;
}

/** A process of Flink that runs one query after the other, in one form. */
export class FlinkProcess {
  #child;
  #lines;
  #folder;
  #errors = '';

  constructor(classPath, formArguments) {
    this.#folder = mkdtempSync(join(tmpdir(), 'millrace-flink-'));
    const flags = [`-Xmx${HEAP_GB}g`, `-Djava.io.tmpdir=${this.#folder}`, ...OPENED];
    this.#child = untilEnd(spawn('java', [...flags, '-cp', classPath, 'dev.millrace.nexmark.Main', ...formArguments], { stdio: ['pipe', 'pipe', 'pipe'] }), this.#folder);
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.on('data', (data) => (this.#errors = `${this.#errors}${data}`.slice(-4000)));
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** The versions of Flink and Java, which the process tells first. */
  versions() {
    return this.#answer('start');
  }

  /** Runs a query, or `generator`, over so many events; `mode` is rows or time. Gives seconds, the number of rows and their digest. */
  run(query, events, mode) {
    this.#child.stdin.write(`${query} ${events} ${mode} ${this.#folder}\n`);
    return this.#answer(`run ${query}`);
  }

  async close() {
    this.#child.stdin.end();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #answer(what) {
    let answer;
    while (answer === undefined) {
      const { value, done } = await this.#lines.next();
      answer = done ? { error: true } : readAnswer(value);
    }
    if (answer.error === true) throw new Error(`Flink could not ${what}\n${this.#errors}`);
    return answer;
  }
}

/** The answer in a line of the Java program; undefined in others, such as warnings of Java itself. */
export function readAnswer(line) {
  return line.startsWith('{') ? JSON.parse(line) : undefined;
}
