// npm run doctest: every TypeScript block of the documentation compiles and runs, every ```sh run block runs.
// `npm run doctest -- docs/guide` looks only at pages whose path contains the word.
import { finish } from '../lib/finish.mjs';
import { openRepo } from '../lib/repo.mjs';
import { counts } from '../lib/report.mjs';
import { fencedBlocks, modulesOf, scriptsOf } from './blocks.mjs';
import { commentModules } from './comments.mjs';
import { kafkaUnavailable } from '../services/for-tests.mjs';
import { runModules } from './runner.mjs';
import { runScripts } from './scripts.mjs';
import { compile, writeModules } from './workspace.mjs';

const PAGES = /^(README\.md|ARCHITECTURE\.md|CONTRIBUTING\.md|docs\/.*\.md|packages\/[^/]+\/README\.md|examples\/(?:[^/]+\/)?README\.md|tools\/[^/]+\/README\.md)$/;

/** They wait more than they compute. */
const PAGES_AT_ONCE = 3;

async function main() {
  const wanted = process.argv.slice(2).find((word, index, all) => !word.startsWith('--') && all[index - 1] !== '--counts') ?? '';
  const repo = openRepo();
  const pages = repo.files.filter((path) => PAGES.test(path) && path.includes(wanted)).map((file) => ({ file, blocks: fencedBlocks(repo.read(file)) }));
  const modules = writeModules([
    ...pages.flatMap(({ file, blocks }) => modulesOf(file, blocks)),
    ...commentModules(repo).filter(({ file }) => file.includes(wanted)),
  ]);
  const failures = new Map();
  const fail = (place, text) => {
    failures.set(place, true);
    console.log(`FAIL ${text}`);
  };
  const complaints = modules.length === 0 ? [] : await compile();
  for (const { path, line, text } of complaints) {
    const module = modules.find((one) => one.path === path);
    fail(module, `${module.file}:${line}: ${text}`);
  }
  const runnable = modules.filter((module) => module.noRun === undefined && !failures.has(module));
  const scripts = pages
    .map(({ file, blocks }) => ({ scripts: scriptsOf(file, blocks), files: modules.filter((module) => module.file === file && !module.name.startsWith('line-')) }))
    .filter((page) => page.scripts.length > 0);
  const [ofModules, skipped] = await Promise.all([runModules(runnable), runPages(scripts, fail)]);
  for (const { module, text } of ofModules) fail(module, `${module.file}:${module.line}: ${text}`);
  for (const { file, line, noRun } of modules.filter((module) => module.noRun !== undefined)) console.log(`compiled only: ${file}:${line} (${noRun})`);
  finish(counts(modules.length + scripts.flatMap((page) => page.scripts).length - failures.size - skipped, failures.size, skipped));
}

/** Runs the shell blocks of the pages, of some pages at a time; gives how many were skipped. */
async function runPages(pages, fail) {
  const needsKafka = (page) => page.scripts.some(({ needs }) => needs === 'kafka');
  // Those that start a server take longest.
  const waiting = pages.toSorted((left, right) => Number(needsKafka(right)) - Number(needsKafka(left)));
  let skipped = 0;
  const lane = async () => {
    for (let page = waiting.shift(); page !== undefined; page = waiting.shift()) {
      const missing = needsKafka(page) ? await kafkaUnavailable() : undefined;
      if (missing !== undefined) {
        skipped += page.scripts.length;
        console.log(`SKIPPED ${page.scripts[0].file}: ${missing}`);
        continue;
      }
      for (const { script, text } of await runScripts(page.scripts, page.files)) fail(script, `${script.file}:${script.line}: ${text}`);
    }
  };
  await Promise.all(Array.from({ length: PAGES_AT_ONCE }, lane));
  return skipped;
}

main().catch((error) => {
  console.log(`FAIL ${error.message}`);
  finish(counts(0, 1));
});
