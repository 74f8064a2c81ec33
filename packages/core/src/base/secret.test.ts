import { inspect, format } from 'node:util';
import { expect, it } from 'vitest';
import { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import { SecretMissing } from './base-errors.js';
import { revealed, secret } from './secret.js';

it('a secret shows its text only when revealed', () => {
  const { process } = new SimulatedPlatform({ seed: 1, environment: { PASSWORD: 'hunter2', EMPTY: '' } });
  const password = secret.env('PASSWORD');
  expect(password.reveal(process)).toBe('hunter2');
  const wrapped = secret.value('hunter2');
  for (const one of [password, wrapped]) {
    const seen = [JSON.stringify({ one }), `${one}`, one.toString(), inspect({ one }, { showHidden: true }), format('%s %o %j', one, one, one), String(one), one + '', JSON.stringify(Object.entries(one))];
    for (const text of seen) expect(text).not.toContain('hunter2');
    expect(`${one}`).toBe('***');
  }
  expect([revealed(wrapped, process), revealed('plain', process)]).toEqual(['hunter2', 'plain']);
  expect(() => secret.env('NOPE').reveal(process)).toThrow(expect.toSatisfy(SecretMissing.is));
  expect(() => secret.env('EMPTY').reveal(process)).toThrow(/EMPTY is empty/);
});
