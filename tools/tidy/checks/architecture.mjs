import { violation } from '../violation.mjs';

const PAGE = 'ARCHITECTURE.md';
const LIMIT = 300;

/** ARCHITECTURE.md stays short and true: the eight files of a record's way and the folders of the code map exist. */
export const architecture = {
  name: 'architecture',
  run(repo) {
    if (!repo.has(PAGE)) return [violation(PAGE, 0, 'architecture', 'the page is missing', 'write it: a stranger starts there')];
    const lines = repo.read(PAGE).split('\n');
    return [...length(lines), ...recordsWay(repo, lines), ...codeMap(repo, lines)];
  },
};

const length = (lines) => (lines.length <= LIMIT ? [] : [violation(PAGE, LIMIT, 'architecture', `it has ${lines.length} lines, the limit is ${LIMIT}`, 'move detail to docs/')]);

function recordsWay(repo, lines) {
  const steps = section(lines, "A record's way").filter(({ text }) => /^\d+\.\s/.test(text));
  const problems = steps.flatMap(({ text, line }) => {
    const file = /`([^`]+\.ts)`/.exec(text)?.[1];
    if (file === undefined) return [violation(PAGE, line, 'architecture', 'this step names no file', 'name the file to open, as `folder/file.ts`')];
    return repo.has(`packages/core/src/${file}`) ? [] : [violation(PAGE, line, 'architecture', `${file} does not exist`, 'name the file where this step happens now')];
  });
  return steps.length === 8 ? problems : [violation(PAGE, steps[0]?.line ?? 0, 'architecture', `a record's way has ${steps.length} steps, not eight`, 'a numbered list of eight files'), ...problems];
}

function codeMap(repo, lines) {
  const rows = section(lines, 'Code map').filter(({ text }) => text.startsWith('|')).slice(2);
  const named = rows.flatMap(({ text, line }) => [...text.split('|')[1].matchAll(/`([^`]+)`/g)].map(([, path]) => ({ path, line })));
  const problems = named.filter(({ path }) => !repo.hasFolder(path) && !repo.hasFolder(`packages/core/src/${path}`)).map(({ path, line }) => violation(PAGE, line, 'architecture', `${path} does not exist`, 'the code map names what is there'));
  const folders = [...new Set(repo.files.map((path) => /^packages\/core\/src\/([^/]+)\//.exec(path)?.[1]).filter(Boolean))];
  const listed = new Set(named.map(({ path }) => path.replace(/\/.*$/, '')));
  return [...problems, ...folders.filter((folder) => !listed.has(folder)).map((folder) => violation(PAGE, 0, 'architecture', `the code map lacks packages/core/src/${folder}`, 'say in one line what lives there'))];
}

/** The lines below a heading that starts with `title`, up to the next heading. */
function section(lines, title) {
  const start = lines.findIndex((line) => line.startsWith('## ') && line.slice(3).startsWith(title));
  if (start < 0) return [];
  const length = lines.slice(start + 1).findIndex((line) => line.startsWith('## '));
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).map((text, index) => ({ text, line: start + 2 + index }));
}
