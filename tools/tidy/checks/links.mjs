import { posix } from 'node:path';
import { violation } from '../violation.mjs';

/** Relative links of the documentation lead to files that exist. */
export const links = {
  name: 'links',
  run: (repo) => repo.files.filter((path) => path.endsWith('.md')).flatMap((path) => {
    const text = repo.read(path).replace(/^(`{3,})[^\n]*\n[\s\S]*?^\1$/gm, (block) => block.replace(/[^\n]/g, ' ')).replace(/`[^`\n]*`/g, (code) => ' '.repeat(code.length));
    return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap((match) => {
      const target = match[1].replace(/#.*$/, '');
      if (target === '' || /^[a-z]+:/.test(target)) return [];
      const resolved = posix.join(posix.dirname(path), decodeURI(target));
      if (repo.has(resolved) || repo.hasFolder(resolved)) return [];
      return [violation(path, text.slice(0, match.index).split('\n').length, 'links', `${target} does not exist`, 'name the file that says it now')];
    });
  }),
};
