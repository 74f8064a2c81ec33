import { architecture } from './checks/architecture.mjs';
import { bannedWords } from './checks/banned-words.mjs';
import { barrels } from './checks/barrels.mjs';
import { cycles } from './checks/cycles.mjs';
import { decisions } from './checks/decisions.mjs';
import { errors } from './checks/errors.mjs';
import { examples } from './checks/examples.mjs';
import { exportedDocs } from './checks/exported-docs.mjs';
import { layers } from './checks/layers.mjs';
import { lengths } from './checks/lengths.mjs';
import { links } from './checks/links.mjs';
import { rules } from './checks/rules.mjs';

/** The repository's own rules: each check is `{ name, run(repo) }` and gives its violations. */
export const CHECKS = [layers, cycles, barrels, lengths, bannedWords, errors, exportedDocs, rules, examples, decisions, architecture, links];
