import { shippedSources } from '../../lib/repo.mjs';
import { violation } from '../violation.mjs';

const ENTRY = /^packages\/[^/]+\/src\/(index|spi|command|testing)\.ts$|^packages\/[^/]+\/src\/testing\/index\.ts$/;

/** Files that only pass on the names of others stand at the public entries, never inside a package. */
export const barrels = {
  name: 'barrels',
  run: (repo) => shippedSources(repo).filter((path) => !ENTRY.test(path)).flatMap((path) => {
    const mend = 'import the file that declares the name';
    if (path.endsWith('/index.ts')) return [violation(path, 0, 'barrels', 'an index.ts inside a package hides where things live and makes cycles', mend)];
    const source = repo.source(path);
    const passedOn = source.program.body.find((node) => node.type === 'ExportAllDeclaration' || (node.type === 'ExportNamedDeclaration' && node.source));
    return passedOn === undefined ? [] : [violation(path, source.lineOf(passedOn.start), 'barrels', 'this file passes on names of another one', mend)];
  }),
};
