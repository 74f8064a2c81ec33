import { violation } from '../violation.mjs';

/** Decisions are numbered `NNNN-title.md`, each number once. */
export const decisions = {
  name: 'decisions',
  run(repo) {
    const seen = new Map();
    return repo.files.filter((path) => path.startsWith('docs/decisions/') && !path.endsWith('/README.md')).flatMap((path) => {
      const number = /^docs\/decisions\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1];
      if (number === undefined) return path.endsWith('.md') ? [violation(path, 0, 'decisions', 'the name is not NNNN-title.md', 'take the next free number')] : [];
      const first = seen.get(number);
      seen.set(number, path);
      if (first !== undefined) return [violation(path, 0, 'decisions', `the number ${number} is also ${first}`, 'take the next free number')];
      const heading = new RegExp(`^# (Decision )?${number}\\b`, 'i').test(repo.read(path));
      return heading ? [] : [violation(path, 1, 'decisions', 'the heading does not start with the number', `begin with "# ${number} …"`)];
    });
  },
};
