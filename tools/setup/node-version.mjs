import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../lib/paths.mjs';

/** The oldest Node that works, from `engines` of the root package.json, as `[major, minor]`. */
export function requiredNode(root = REPOSITORY) {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [major, minor = 0] = engines.node.replace(/^>=\s*/, '').split('.').map(Number);
  return [major, minor];
}

/** What is wrong with this Node, in words for the person who typed the command; undefined when it will do. */
export function nodeComplaint(version, [major, minor]) {
  const [haveMajor, haveMinor] = version.replace(/^v/, '').split('.').map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return undefined;
  return `Millrace needs Node ${major}.${minor} or newer; this is Node ${version.replace(/^v/, '')}. Install a newer one from https://nodejs.org and try again.`;
}
