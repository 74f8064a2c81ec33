import { describe, expect, it } from 'vitest';
import { CurrentRecord } from '../current-record.js';
import type { Receiver } from '../operator.js';
import { fusedReceiver, type Fusible, type StageCode } from './stage-code.js';

/** Adds a number to each record, counting them; throws at a negative one. */
class Adder implements Fusible {
  calls = 0;
  readonly #by: number;
  readonly #next: Receiver;

  constructor(by: number, next: Receiver) {
    this.#by = by;
    this.#next = next;
  }

  process(): void {
    throw new Error('not fused');
  }

  fuse(code: StageCode, value: string): string {
    const result = code.variable();
    const add = code.part((n: number) => {
      this.calls++;
      if (n < 0) throw new RangeError(`below ${this.#by}`);
      return n + this.#by;
    });
    return `${code.step(`${result} = ${add}(${value});`, (error, record) => new Error(`adder ${this.#by} at ${String(record)}`, { cause: error }), value)}
${code.next(this.#next, result)}`;
  }
}

class Taker implements Receiver {
  readonly taken: unknown[] = [];

  process(value: unknown): void {
    if (value === 13) throw new Error('the taker dislikes 13');
    this.taken.push(value);
  }
}

function chain(length: number): { readonly first: Receiver; readonly taker: Taker; readonly adders: readonly Adder[] } {
  const taker = new Taker();
  const adders: Adder[] = [];
  let first: Receiver = taker;
  for (let by = length; by > 0; by--) adders.unshift((first = new Adder(by, first)) as Adder);
  return { first, taker, adders };
}

describe('a generated receiver', () => {
  it('is what the operators do one after the other, in one function or in several', () => {
    for (const length of [1, 3, 8, 9, 30]) {
      const { first, taker, adders } = chain(length);
      const receiver = fusedReceiver(first, new CurrentRecord());
      receiver.process(0);
      receiver.process(1);
      const sum = (length * (length + 1)) / 2;
      expect(taker.taken).toEqual([sum, sum + 1]);
      expect(adders.every(({ calls }) => calls === 2)).toBe(true);
    }
  });

  it('names the step whose function threw, and the record it was given', () => {
    const { first } = chain(2);
    expect(() => fusedReceiver(first, new CurrentRecord()).process(-5)).toThrow('adder 1 at -5');
    const second = fusedReceiver(new Adder(-9, new Adder(2, new Taker())), new CurrentRecord());
    expect(() => second.process(3)).toThrow('adder 2 at -6');
  });

  it('lets through what is thrown behind it, or in another function of the same chain', () => {
    expect(() => fusedReceiver(chain(1).first, new CurrentRecord()).process(12)).toThrow('the taker dislikes 13');
    const adders = Array.from({ length: 10 }, (_, index) => index);
    let last: Receiver = new Taker();
    for (const by of adders) last = new Adder(by === 0 ? 1 : -1, last);
    expect(() => fusedReceiver(last, new CurrentRecord()).process(8)).toThrow(/^adder 1 at -1$/);
  });

  it('goes on after an error', () => {
    const { first, taker } = chain(1);
    const receiver = fusedReceiver(first, new CurrentRecord());
    expect(() => receiver.process(-1)).toThrow();
    receiver.process(1);
    expect(taker.taken).toEqual([2]);
  });

  it('is the receiver itself where there is nothing to generate', () => {
    const taker = new Taker();
    expect(fusedReceiver(taker, new CurrentRecord())).toBe(taker);
  });

  it('keeps the values of each instance apart, though the text is the same, also when there are very many', () => {
    const chains = Array.from({ length: 300 }, () => chain(2));
    const receivers = chains.map(({ first }) => fusedReceiver(first, new CurrentRecord()));
    receivers.forEach((receiver, index) => receiver.process(index + 100));
    expect(chains.map(({ taker }) => taker.taken[0])).toEqual(chains.map((_, index) => index + 103));
  });
});
