import { shippedSources } from '../../lib/repo.mjs';
import { violation } from '../violation.mjs';

/** Every exported name of a shipped source has a doc comment that says at least one sentence. A declared error explains itself. */
export const exportedDocs = {
  name: 'exported names',
  run: (repo) => shippedSources(repo).flatMap((path) => {
    const source = repo.source(path);
    return undocumented(source).map(({ name, offset }) => violation(path, source.lineOf(offset), 'exported names', `${name} has no doc comment`, 'say in one sentence what it is and what a caller may rely on'));
  }),
};

function undocumented(source) {
  const documented = new Set();
  return source.program.body.flatMap((node) => {
    const names = node.type === 'ExportDefaultDeclaration' ? ['the default export'] : node.type === 'ExportNamedDeclaration' && node.declaration ? declaredNames(node.declaration) : [];
    if (names.length === 0) return [];
    const has = hasDocComment(source, node.start);
    if (has) names.forEach((name) => documented.add(name));
    // The overloads of one function share the comment of the first.
    return names.filter((name) => !has && !documented.has(name)).map((name) => ({ name, offset: node.start }));
  });
}

/** The names that a declaration brings. */
export function declaredNames(declaration) {
  if (declaration.type === 'VariableDeclaration') return declaration.declarations.filter(({ init }) => init?.callee?.name !== 'defineError').map(({ id }) => id.name).filter(Boolean);
  return declaration.id?.name === undefined ? [] : [declaration.id.name];
}

/** The last `/** … *\/` before an offset, with nothing but white space and other comments in between. */
function hasDocComment(source, offset) {
  const before = source.comments.filter(({ end }) => end <= offset);
  for (let i = before.length - 1, from = offset; i >= 0; i--) {
    const comment = before[i];
    if (source.text.slice(comment.end, from).trim() !== '') return false;
    if (comment.type === 'Block' && comment.value.startsWith('*') && /[\p{L}]{2}/u.test(comment.value)) return true;
    from = comment.start;
  }
  return false;
}
