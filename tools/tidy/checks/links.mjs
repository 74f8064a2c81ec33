import { posix } from 'node:path';
import { violation } from '../violation.mjs';

/** Relative links of the documentation lead to files that exist, and to headings that exist in them. */
export const links = {
  name: 'links',
  run: (repo) => repo.files.filter((path) => path.endsWith('.md')).flatMap((path) => {
    const text = withoutBlocks(repo.read(path)).replace(/`[^`\n]*`/g, (code) => ' '.repeat(code.length));
    const complain = (match, what, mend) => [violation(path, text.slice(0, match.index).split('\n').length, 'links', what, mend)];
    return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap((match) => {
      const [target, anchor] = match[1].split('#');
      if (/^[a-z]+:/.test(target)) return [];
      const resolved = target === '' ? path : posix.join(posix.dirname(path), decodeURI(target));
      if (!repo.has(resolved) && !repo.hasFolder(resolved)) return complain(match, `${target} does not exist`, 'name the file that says it now');
      if (anchor === undefined || !resolved.endsWith('.md') || anchorsOf(repo.read(resolved)).has(anchor)) return [];
      return complain(match, `${resolved} has no heading for #${anchor}`, 'name the heading that says it now');
    });
  }),
};

/** The name by which a link finds a heading, as GitHub makes it. */
export function anchorOf(heading) {
  return heading.replace(/^#+ /, '').trim().toLowerCase().replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replaceAll(' ', '-');
}

/** All anchors of a page: its headings, where one that comes again gets a number, and those written as `id` or `name`. */
function anchorsOf(text) {
  const counts = new Map();
  const anchors = new Set([...text.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, name]) => name));
  for (const [heading] of withoutBlocks(text).matchAll(/^#{1,6} .*$/gm)) {
    const anchor = anchorOf(heading);
    const before = counts.get(anchor) ?? 0;
    counts.set(anchor, before + 1);
    anchors.add(before === 0 ? anchor : `${anchor}-${before}`);
  }
  return anchors;
}

/** Blank lines where blocks of code are. */
function withoutBlocks(text) {
  return text.replace(/^(`{3,})[^\n]*\n[\s\S]*?^\1$/gm, (block) => block.replace(/[^\n]/g, ' '));
}
