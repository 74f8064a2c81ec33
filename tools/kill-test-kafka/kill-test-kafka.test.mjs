// Two rounds of real kills, one with the broker; `npm run kill-test:kafka` plays as many as wanted.
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kafkaUnavailable, ownKafka } from '../services/for-tests.mjs';
import { loadHost } from './load-host.mjs';
import { playRound } from './rounds.mjs';

const unavailable = await kafkaUnavailable();

describe.skipIf(unavailable !== undefined)('orders to Kafka, windows, and back to Kafka', () => {
  let host;
  let server;
  beforeAll(async () => {
    host = await loadHost();
    server = await ownKafka();
  }, 240_000);
  afterAll(async () => {
    await server?.remove();
    if (host !== undefined) rmSync(host.folder, { recursive: true, force: true });
  });

  it('shows each result once to readers of committed records, killed between prepare and commit, and with the broker killed', { timeout: 300_000 }, async () => {
    const steady = () => 0.4;
    for (const [point, broker] of [['before-notify', false], ['before-manifest', true]]) {
      const { problem, reached, folder } = await playRound(host, server, host.points.indexOf(point), steady, { broker });
      expect(problem === undefined ? 'exact' : `${problem} (kept for a look: ${folder})`).toBe('exact');
      expect(reached).toContain(point);
    }
  });
});
