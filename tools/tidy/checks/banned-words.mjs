import { isTest } from '../../lib/repo.mjs';
import { violation } from '../violation.mjs';

const SOURCE = /\.(ts|mjs|js)$/;

/** Words that some part of the repository must not contain; `banned-words.json` says which, where and why. */
export const bannedWords = {
  name: 'banned words',
  run: (repo) => repo.json('tools/tidy/banned-words.json').rules.flatMap((rule) => applyRule(repo, rule)),
};

function applyRule(repo, rule) {
  const matches = (patterns, text) => (patterns ?? []).some((pattern) => new RegExp(pattern).test(text));
  const patterns = (rule.code ?? rule.text).map((pattern) => new RegExp(pattern, 'gm'));
  return repo.files
    .filter((path) => matches(rule.in, path) && !matches(rule.except, path) && (rule.tests || !isTest(path)) && (rule.text || SOURCE.test(path)))
    .flatMap((path) => {
      const text = rule.code ? repo.source(path).code : repo.read(path);
      return patterns.flatMap((pattern) => [...text.matchAll(pattern)].flatMap((match) => {
        const line = text.slice(0, match.index).split('\n').length;
        if (matches(rule.exceptLines, text.split('\n')[line - 1])) return [];
        return [violation(path, line, rule.name, `"${match[0].trim()}" stands here; ${rule.why}`, rule.mend)];
      }));
    });
}
