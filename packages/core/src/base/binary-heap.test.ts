import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BinaryHeap } from './binary-heap.js';

it('a heap gives its elements in order, whatever was pushed, popped and replaced', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('push', 'pop', 'replace'), fc.integer({ min: -50, max: 50 })), { maxLength: 200 }), (steps) => {
      const heap = new BinaryHeap<number>((left, right) => left - right);
      let model: number[] = [];
      for (const [step, value] of steps) {
        if (step === 'pop') expect(heap.pop()).toBe(model.shift());
        else if (step === 'push') heap.push(value);
        else heap.replaceTop(value);
        if (step === 'replace') model.shift();
        if (step !== 'pop') model = [...model, value].sort((left, right) => left - right);
        expect(heap.peek()).toBe(model[0]);
        expect(heap.size).toBe(model.length);
      }
      heap.clear();
      expect(heap.pop()).toBeUndefined();
    }),
  );
});
