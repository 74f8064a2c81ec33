import { violation } from '../violation.mjs';

/** Every numbered example has a page, a job, what to run it with and what must come out. */
export const examples = {
  name: 'examples',
  run(repo) {
    const folders = [...new Set(repo.files.map((path) => /^examples\/\d\d-[^/]+(?=\/)/.exec(path)?.[0]).filter(Boolean))];
    return folders.flatMap((folder) => [...missingFiles(repo, folder), ...unlisted(repo, folder)]);
  },
};

function missingFiles(repo, folder) {
  const problems = ['README.md', 'job.ts', 'example.json']
    .filter((name) => !repo.has(`${folder}/${name}`))
    .map((name) => violation(`${folder}/${name}`, 0, 'examples', 'this file is missing', 'an example is README.md, job.ts, example.json and its expected output'));
  if (!repo.has(`${folder}/example.json`)) return problems;
  const runs = repo.json(`${folder}/example.json`).runs ?? [];
  if (runs.length === 0) problems.push(violation(`${folder}/example.json`, 0, 'examples', 'it lists no run', 'see tools/examples/README.md'));
  for (const run of runs) {
    for (const expected of Object.values(run.expect ?? {})) {
      if (typeof expected === 'string' && !repo.has(`${folder}/${expected}`)) problems.push(violation(`${folder}/${expected}`, 0, 'examples', 'the expected output is missing', 'write it from an independent calculation, not from the job'));
    }
  }
  return problems;
}

function unlisted(repo, folder) {
  const name = folder.slice('examples/'.length);
  return repo.has('examples/README.md') && !repo.read('examples/README.md').includes(name) ? [violation('examples/README.md', 0, 'examples', `${name} is not listed`, 'add a line that says what it shows')] : [];
}
