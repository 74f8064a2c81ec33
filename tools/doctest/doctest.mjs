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
  for (const { module, text } of await runModules(runnable)) fail(module, `${module.file}:${module.line}: ${text}`);
  const scripts = pages.map(({ file, blocks }) => ({ scripts: scriptsOf(file, blocks), files: modules.filter((module) => module.file === file && !module.name.startsWith('line-')) }));
  let skipped = 0;
  for (const page of scripts.filter((one) => one.scripts.length > 0)) {
    const missing = page.scripts.some(({ needs }) => needs === 'kafka') ? await kafkaUnavailable() : undefined;
    if (missing !== undefined) {
      skipped += page.scripts.length;
      console.log(`SKIPPED ${page.scripts[0].file}: ${missing}`);
      continue;
    }
    for (const { script, text } of await runScripts(page.scripts, page.files)) fail(script, `${script.file}:${script.line}: ${text}`);
  }
  for (const { file, line, noRun } of modules.filter((module) => module.noRun !== undefined)) console.log(`compiled only: ${file}:${line} (${noRun})`);
  finish(counts(modules.length + scripts.flatMap((page) => page.scripts).length - failures.size - skipped, failures.size, skipped));
}

main().catch((error) => {
  console.log(`FAIL ${error.message}`);
  finish(counts(0, 1));
});
