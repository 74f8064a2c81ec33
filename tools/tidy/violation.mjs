/**
 * One broken rule, in words that tell the next step: where it is, which rule, why the rule exists, how to mend it.
 * @param {string} file path in the repository
 * @param {number} line from 1; 0 for the whole file
 */
export const violation = (file, line, rule, why, mend) => ({ file, line, rule, why, mend });

/** `file:line: rule: why: mend`, the form that editors make clickable. */
export const formatViolation = ({ file, line, rule, why, mend }) => `${file}${line > 0 ? `:${line}` : ''}: ${rule}: ${why}: ${mend}`;
