// A few rounds of real kills, and what else can happen to a real process; `npm run kill-test` plays as many as wanted.
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadHost } from './load-host.mjs';
import { diskFull, zombie } from './modes.mjs';
import { playRound } from './rounds.mjs';

let host;
beforeAll(async () => {
  host = await loadHost();
});
afterAll(() => rmSync(host.folder, { recursive: true, force: true }));

it('a job killed with SIGKILL at named points and resumed elsewhere commits each line once; so does one that sleeps while another takes over, and one whose disk was full', { timeout: 300_000 }, async () => {
  const at = (point) => host.points.indexOf(point);
  const steady = () => 0.4;
  const results = await Promise.all([
    playRound(host, at('before-rename'), steady),
    playRound(host, at('after-commit'), steady),
    playRound(host, at('during-restore'), steady),
    zombie(host),
    diskFull(host),
  ]);
  expect(results.map(({ problem, folder }) => (problem === undefined ? 'exact' : `${problem} (kept for a look: ${folder})`))).toEqual(results.map(() => 'exact'));
  expect(results.slice(0, 3).map(({ reached }) => reached.length > 0)).toEqual([true, true, true]);
});
