/** The simulator notices when a protection is gone. */
import { expect, it } from 'vitest';
import { CANARIES } from './canaries.js';
import { proveCanaries } from './prove-canaries.js';

/** `npm run simulate -- --canaries` tries more. */
const MOST_SEEDS = 40;

it.each(CANARIES)('finds out that $breaks ($name), where the whole engine passes', { timeout: 120_000 }, async (canary) => {
  const [proof] = await proveCanaries([canary], MOST_SEEDS);
  expect(proof).toMatchObject({ seeds: expect.any(Number) as number, control: undefined });
});
