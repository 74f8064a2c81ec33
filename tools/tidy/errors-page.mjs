import { RANGES, rangeOf } from './error-declarations.mjs';

/** The text of the errors page for a set of declarations. */
export function errorsPage(declarations) {
  const sorted = [...declarations].sort((a, b) => (a.code < b.code ? -1 : 1));
  const sections = RANGES.flatMap((range) => {
    const own = sorted.filter(({ file }) => rangeOf(file) === range);
    return own.length === 0 ? [] : [`## ${range.title}\n\n${own.map(entry).join('\n\n')}`];
  });
  return `# Errors

Every error that Millrace raises has a stable code, says what went wrong and where, and how to mend it. The same text
comes from \`millrace explain CODE\`. A code never changes its meaning.

<!-- Made by "npm run errors" from the declarations in the sources; do not edit by hand. -->

${sections.join('\n\n')}
`;
}

const entry = ({ code, title, explanation, remedy }) => `### ${code} ${title}\n\n${prose(explanation)}\n\n**How to mend it:** ${prose(remedy)}`;

/** A `<name>` in plain text would be taken for HTML. */
const prose = (text) => String(text).replace(/`[^`]*`|</g, (part) => (part === '<' ? '&lt;' : part));
