/**
 * Fenced code blocks of a Markdown text: `{ language, words, code, line }`, where `words` is the rest of the line that
 * opens the fence and `line` is the line of the first line of code, from 1.
 */
export function fencedBlocks(markdown, firstLine = 1) {
  const blocks = [];
  let open;
  markdown.split('\n').forEach((text, index) => {
    const fence = /^(\s*)(`{3,}|~{3,})\s*([\w-]*)\s*(.*)$/.exec(text);
    if (open === undefined) {
      if (fence !== null) open = { indent: fence[1].length, fence: fence[2], language: fence[3], words: fence[4].trim(), line: firstLine + index + 1, lines: [] };
    } else if (fence !== null && fence[2].startsWith(open.fence) && fence[3] === '' && fence[4] === '') {
      blocks.push({ language: open.language, words: open.words, code: open.lines.join('\n'), line: open.line });
      open = undefined;
    } else open.lines.push(text.slice(Math.min(open.indent, text.length - text.trimStart().length)));
  });
  return blocks;
}

const KNOWN = ['continue', 'no-run', 'file='];

/**
 * The TypeScript modules of one page. The words behind ```ts say how a block is meant:
 * `continue` adds it to the block before; `no-run REASON` only compiles it; `file=NAME` gives it a name under which later
 * blocks of the page import it. Lines keep their numbers (gaps are filled with blank ones), so that a complaint of the
 * compiler names the line of the page.
 */
export function modulesOf(file, blocks) {
  const modules = [];
  for (const { language, words, code, line } of blocks) {
    if (language !== 'ts' && language !== 'typescript') continue;
    const previous = modules.at(-1);
    if (words.startsWith('continue') && previous !== undefined) {
      previous.code += '\n'.repeat(line - previous.lastLine) + code;
      previous.lastLine = line + code.split('\n').length - 1;
      if (words.includes('no-run')) previous.noRun = reason(words);
      continue;
    }
    if (words !== '' && !KNOWN.some((word) => words.startsWith(word))) throw new DocumentError(file, line - 1, `"${words}" behind \`\`\`ts is not known; there are continue, no-run REASON and file=NAME`);
    if (words === 'no-run') throw new DocumentError(file, line - 1, 'no-run needs a reason that the reader can see');
    modules.push({
      file, line, code: '\n'.repeat(line - 1) + code, lastLine: line + code.split('\n').length - 1,
      noRun: words.startsWith('no-run') ? reason(words) : undefined,
      name: words.startsWith('file=') ? /^file=([\w./-]+)/.exec(words)[1].replace(/\.ts$/, '') : `line-${line}`,
    });
  }
  return modules;
}

const reason = (words) => words.replace(/^.*no-run:?\s*/, '');

/** The shell blocks of a page that are run: ```sh run; `needs kafka` behind it names what the machine must have. */
export const scriptsOf = (file, blocks) => blocks.filter(({ language, words }) => ['sh', 'bash', 'shell'].includes(language) && words.split(/\s+/)[0] === 'run').map(({ code, line, words }) => ({ file, line, code, ...(words.includes('needs kafka') ? { needs: 'kafka' } : {}) }));

/** A page is written in a way that the doc tests do not understand. */
export class DocumentError extends Error {
  constructor(file, line, message) {
    super(`${file}:${line}: ${message}`);
  }
}
