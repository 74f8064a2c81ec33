import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../flink', import.meta.url));
const OPENED = ['java.base/java.util', 'java.base/java.lang', 'java.base/java.time'].map((module) => `--add-opens=${module}=ALL-UNNAMED`);

/** The queries that the Java project has. */
export const FLINK_QUERIES = ['q0', 'q1', 'q2', 'q5', 'q7', 'q8', 'q11', 'q15', 'q17', 'q18'];

/** What is missing for a run against Flink, in words that begin with a code; undefined when nothing is. */
export function missing() {
  for (const [program, code] of [['mvn', 'BENCH-1'], ['java', 'BENCH-2']]) {
    const { error } = spawnSync(program, ['-version'], { stdio: 'ignore' });
    if (error !== undefined) return `${code}: "${program}" was not found. The comparison with Flink needs Maven and Java 17; all other benchmarks run without.`;
  }
  return undefined;
}

/** Builds the Java project, with Flink from Maven Central, and gives the class path of its program. */
export function buildFlink() {
  const target = join(PROJECT, 'target');
  const file = join(target, 'classpath.txt');
  mkdirSync(target, { recursive: true });
  execFileSync('mvn', ['-q', '-B', 'package', 'dependency:build-classpath', `-Dmdep.outputFile=${file}`], { cwd: PROJECT, stdio: ['ignore', 2, 2] });
  return `${join(target, 'classes')}:${readFileSync(file, 'utf8').trim()}`;
}

/** A process of Flink that runs one query after the other. */
export class FlinkProcess {
  #child;
  #lines;
  #folder;

  constructor(classPath) {
    this.#folder = mkdtempSync(join(tmpdir(), 'millrace-flink-'));
    this.#child = spawn('java', ['-Xmx4g', ...OPENED, '-cp', classPath, 'dev.millrace.nexmark.Main'], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Runs a query, or `generator`, over so many events; `mode` is rows or time. Gives seconds, the number of rows and their digest. */
  async run(query, events, mode) {
    this.#child.stdin.write(`${query} ${events} ${mode} ${this.#folder}\n`);
    const { value, done } = await this.#lines.next();
    const answer = done ? { error: true } : JSON.parse(value);
    if (answer.error === true) throw new Error(`Flink could not run ${query}`);
    return answer;
  }

  close() {
    this.#child.stdin.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
