import { shippedSources } from '../lib/repo.mjs';
import { declaredNames } from '../tidy/checks/exported-docs.mjs';
import { fencedBlocks, modulesOf } from './blocks.mjs';

const ENTRIES = { millrace: 'packages/core/src/index.ts', 'millrace/spi': 'packages/core/src/spi.ts', 'millrace/testing': 'packages/core/src/testing/index.ts' };

/**
 * The examples in doc comments of public names. An example may leave out its import of Millrace: names that a public
 * entry exports are imported for it.
 */
export function commentModules(repo) {
  const entries = new Map(Object.entries(ENTRIES).filter(([, path]) => repo.has(path)).map(([specifier, path]) => [specifier, exportedNames(repo, path)]));
  const names = new Set([...entries.values()].flatMap((set) => [...set]));
  return shippedSources(repo).filter((path) => repo.read(path).includes('```ts')).flatMap((path) => publicComments(repo.source(path), names).flatMap((comment) => {
    const modules = modulesOf(path, commentBlocks(repo.source(path), comment));
    return modules.map((module) => ({ ...module, code: withImports(module.code, entries) }));
  }));
}

/** The names that an entry file exports, through `export *` too. */
export function exportedNames(repo, path, seen = new Set()) {
  const names = new Set();
  if (seen.has(path) || !repo.has(path)) return names;
  seen.add(path);
  for (const { entries } of repo.source(path).module.staticExports) {
    for (const { exportName, importName, moduleRequest } of entries) {
      if (exportName.name) names.add(exportName.name);
      else if (importName.kind === 'AllButDefault' && moduleRequest) for (const name of exportedNames(repo, resolve(path, moduleRequest.value), seen)) names.add(name);
    }
  }
  return names;
}

const resolve = (from, specifier) => new URL(specifier.replace(/\.js$/, '.ts'), `file:///${from}`).pathname.slice(1);

/** The doc comments before and inside the exported declarations whose name is public. */
function publicComments(source, names) {
  let from = 0;
  return source.program.body.flatMap((node) => {
    const start = from;
    from = node.end;
    const declared = node.type === 'ExportNamedDeclaration' && node.declaration ? declaredNames(node.declaration) : [];
    if (!declared.some((name) => names.has(name))) return [];
    return source.comments.filter((comment) => comment.start >= start && comment.end <= node.end && comment.type === 'Block' && comment.value.startsWith('*'));
  });
}

function commentBlocks(source, comment) {
  const text = comment.value.split('\n').map((line) => line.replace(/^\s*\* ?/, '')).join('\n');
  return fencedBlocks(text, source.lineOf(comment.start)).map((block) => ({ ...block, code: block.code.replaceAll('*\\/', '*/') }));
}

/** Puts the missing imports on the first line, so that all other lines keep their numbers. */
function withImports(code, entries) {
  if (/^\s*import\s/m.test(code)) return code;
  const imports = [...entries].map(([specifier, names]) => {
    const used = [...names].filter((name) => new RegExp(`(?<![.\\w$])${name}\\b`).test(code) && !new RegExp(`\\b(?:const|let|function|class|type|interface)\\s+${name}\\b`).test(code));
    return { specifier, used };
  });
  const taken = new Set();
  const lines = imports.flatMap(({ specifier, used }) => {
    const fresh = used.filter((name) => !taken.has(name));
    fresh.forEach((name) => taken.add(name));
    return fresh.length === 0 ? [] : [`import { ${fresh.join(', ')} } from '${specifier}';`];
  });
  return lines.join(' ') + code;
}
