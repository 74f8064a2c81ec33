import { assert } from '../base/assert.js';
import type { MillraceError } from '../base/errors.js';
import type { ChainedNode, JobVertex } from '../graph/job-graph.js';
import type { StreamNode } from '../graph/stream-graph.js';
import { HoldNotDeclared } from './errors.js';
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

  /** Throws a coded error when the operator has not declared that it may hold this input: others may have joined its chain that it waits for. */
  holdInput(operator: number, input: number): void {
    const { node } = this.#vertex.operators[operator] as ChainedNode;
    if (node.holdsInput !== input) throw undeclared(node, input);
    if (!this.#isBound) this.#early.push({ operator, input });
    else this.#each(operator, input, (entrance, entry) => entrance?.hold(entry, operator));
  }

  releaseInput(operator: number, input: number): void {
    if (!this.#isBound) {
      const at = this.#early.findIndex((held) => held.operator === operator && held.input === input);
      assert(at >= 0, 'an input is released as often as it was held');
      this.#early.splice(at, 1);
    } else this.#each(operator, input, (entrance, entry) => entrance?.release(entry, operator));
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

function undeclared({ name, holdsInput, definedAt }: StreamNode, input: number): MillraceError {
  return HoldNotDeclared.error({
    what: `operator "${name}" holds its input ${input}, but ${holdsInput === undefined ? 'has not declared that it holds any' : `has declared that it holds its input ${holdsInput}`}`,
    remedy: `Say so where the operator is added: transform(inputs, name, factory, { holdsInput: ${input} }). To stop all of its inputs for a while call context.flow.hold() without one.`,
    where: { operator: name, ...(definedAt === undefined ? {} : { definedAt }) },
  });
}
