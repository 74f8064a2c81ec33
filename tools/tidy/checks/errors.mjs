import { isTest, shippedSources } from '../../lib/repo.mjs';
import { ERRORS_PAGE, errorDeclarations, rangeOf } from '../error-declarations.mjs';
import { errorsPage } from '../errors-page.mjs';
import { violation } from '../violation.mjs';

/** Declared errors = documented errors = errors that something throws and some test names; codes are unique and in their folder's range. */
export const errors = {
  name: 'errors',
  run(repo) {
    const declarations = errorDeclarations(repo);
    return [...declarations.flatMap(form), ...duplicates(declarations), ...use(repo, declarations), ...page(repo, declarations)];
  },
};

function form({ name, code, title, explanation, remedy, file, line }) {
  const report = (why, mend) => [violation(file, line, 'errors', why, mend)];
  if (name === undefined) return report('an error is not declared as a constant of its own', 'write export const Name: ErrorKind = defineError({ … }) at the top level');
  if (code === undefined || title === undefined || explanation === undefined || remedy === undefined) return report(`${name} lacks a code, title, explanation or remedy as plain text`, 'write them as string literals');
  if (!/^MR-\d{4}$/.test(code)) return report(`${code} is not of the form MR-1234`, 'take the next free code of the folder');
  const range = rangeOf(file);
  const number = Number(code.slice(3));
  if (range === undefined) return report('this folder has no range of codes', 'give it one in tools/tidy/error-declarations.mjs');
  return number >= range.from && number <= range.to ? [] : report(`${code} is outside ${range.from}–${range.to}, the range of ${range.folder}`, 'take the next free code of that range');
}

function duplicates(declarations) {
  const seen = new Map();
  return declarations.flatMap((one) => {
    const first = seen.get(one.code);
    seen.set(one.code, first ?? one);
    return first === undefined ? [] : [violation(one.file, one.line, 'errors', `${one.code} is also ${first.name} in ${first.file}`, 'take the next free code')];
  });
}

function use(repo, declarations) {
  const code = shippedSources(repo).map((path) => repo.source(path).code).join('\n');
  const tests = repo.files.filter((path) => isTest(path) && /^(packages|golden|examples)\//.test(path)).map((path) => repo.read(path)).join('\n');
  return declarations.filter(({ name, code: number }) => name !== undefined && number !== undefined).flatMap(({ name, code: number, file, line }) => {
    if (!new RegExp(`\\b${name}\\s*(?:\\.error\\s*\\(|[,)\\]}])`).test(code)) return [violation(file, line, 'errors', `nothing throws ${name}`, `throw ${name}.error({ … }) or take it out`)];
    if (!new RegExp(`\\b${name}\\b|${number}`).test(tests)) return [violation(file, line, 'errors', `no test reaches ${name} (${number})`, 'provoke it in a test that names it or its code')];
    return [];
  });
}

function page(repo, declarations) {
  if (declarations.some(({ code, title, explanation, remedy }) => [code, title, explanation, remedy].includes(undefined))) return [];
  const present = repo.has(ERRORS_PAGE) ? repo.read(ERRORS_PAGE) : '';
  return present === errorsPage(declarations) ? [] : [violation(ERRORS_PAGE, 0, 'errors', 'the page differs from the declared errors', 'run npm run errors')];
}
