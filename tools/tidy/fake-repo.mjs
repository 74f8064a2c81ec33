import { parseSource } from '../lib/source.mjs';

/** A repository made of a table of paths and texts, with the interface of `openRepo`, for the tests of the checks. */
export function fakeRepo(files) {
  const paths = Object.keys(files).sort();
  const read = (path) => {
    if (!(path in files)) throw new Error(`the made-up repository has no ${path}`);
    return typeof files[path] === 'string' ? files[path] : JSON.stringify(files[path]);
  };
  return {
    root: '/made-up',
    files: paths,
    read,
    has: (path) => path in files,
    hasFolder: (path) => paths.some((one) => one.startsWith(`${path}/`)),
    json: (path) => JSON.parse(read(path)),
    source: (path) => parseSource(path, read(path)),
  };
}
