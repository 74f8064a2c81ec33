import type { ChainedNode, JobVertex } from '../graph/job-graph.js';
import type { InputHolds } from './flow-control.js';
import type { GateInput } from './gate-input.js';
import type { SourceInput } from './source-input.js';

/**
 * Holds single inputs of a chain's operators by holding whatever enters the chain on the way to them: the source, or
 * channels. What operators hold before the entrances are there, while they open, is held when these come.
 */
export class ChainHolds implements InputHolds {
  readonly #vertex: JobVertex;
  readonly #early: { readonly operator: number; readonly input: number }[];
  #gate: GateInput | undefined;
  #source: SourceInput | undefined;
  #isBound: boolean;

  constructor(vertex: JobVertex) {
    this.#vertex = vertex;
    this.#early = [];
    this.#gate = undefined;
    this.#source = undefined;
    this.#isBound = false;
  }

  /** The entrances of the chain, once they are made. */
  bind(source: SourceInput | undefined, gate: GateInput | undefined): void {
    this.#source = source;
    this.#gate = gate;
    this.#isBound = true;
    for (const { operator, input } of this.#early) this.holdInput(operator, input);
  }

  holdInput(operator: number, input: number): void {
    if (!this.#isBound) this.#early.push({ operator, input });
    else this.#each(operator, input, (entrance, entry) => entrance?.hold(entry, operator));
  }

  releaseInput(operator: number, input: number): void {
    if (!this.#isBound) this.#early.splice(this.#early.findIndex((held) => held.operator === operator && held.input === input), 1);
    else this.#each(operator, input, (entrance, entry) => entrance?.release(entry, operator));
  }

  /** Calls `action` for each entrance that leads to the input. */
  #each(operator: number, input: number, action: (entrance: GateInput | SourceInput | undefined, entry: number) => void): void {
    const { operators, entries } = this.#vertex;
    const entry = entries.findIndex((one) => one.operator === operator && one.input === input);
    if (entry >= 0) return action(this.#gate, entry);
    for (const read of (operators[operator] as ChainedNode).reads) {
      if (read.input !== input) continue;
      const { node } = operators[read.from] as ChainedNode;
      if (node.inputs === 0) action(this.#source, 0);
      for (let before = 0; before < node.inputs; before++) this.#each(read.from, before, action);
    }
  }
}
