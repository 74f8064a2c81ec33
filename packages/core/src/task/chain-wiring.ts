import type { JobVertex } from '../graph/job-graph.js';
import { type BatchLoop, generateBatchLoop, plainBatchLoop } from '../operators/fusion/batch-loop.js';
import type { BatchPlace } from '../operators/fusion/record-loop.js';
import { fusedReceiver } from '../operators/fusion/stage-code.js';
import type { Operator, Receiver } from '../operators/operator.js';
import type { RecordContext } from '../operators/operator-context.js';
import { SourceOperator } from '../operators/source.js';
import { type ChainLink, type ChainNode, FanOut, InputLink, NoOutput } from './chain-node.js';
import { CheckedReceiver } from './checked-receiver.js';
import type { EdgeOutput } from './output.js';
import type { TaskSettings } from './ports.js';

/** An edge of a chain, with the operator that emits into it and which of its outputs. */
export interface WiredEdge {
  readonly fromOperator: number;
  readonly sideOutput: string | undefined;
  readonly output: EdgeOutput;
}

/** A reader within the chain, and the way into it. */
export interface BuiltLink {
  readonly link: ChainLink;
  readonly receiver: Receiver;
  /** The side output that it reads; the main output when undefined. */
  readonly side: string | undefined;
}

/** What the outputs of the operators of a chain lead to: plain calls, or generated functions made of several operators. */
export class ChainWiring {
  readonly #vertex: JobVertex;
  readonly #nodes: readonly ChainNode[];
  readonly #edges: readonly WiredEdge[];
  readonly #record: RecordContext;
  readonly #settings: Pick<TaskSettings, 'check' | 'generateCode'>;

  /** `nodes` are filled from the end of the chain on. */
  constructor(vertex: JobVertex, nodes: readonly ChainNode[], edges: readonly WiredEdge[], record: RecordContext, settings: Pick<TaskSettings, 'check' | 'generateCode'>) {
    this.#vertex = vertex;
    this.#nodes = nodes;
    this.#edges = edges;
    this.#record = record;
    this.#settings = settings;
  }

  /** The operators of the chain that read the one at `index`, which are open already, with the ways into them. */
  links(index: number): BuiltLink[] {
    return this.#vertex.operators.flatMap(({ node: { inputs }, reads }, reader) =>
      reads.filter(({ from }) => from === index).map(({ input, side }) => {
        const node = this.#nodes[reader] as ChainNode;
        const way = inputs > 1 ? new InputLink(node.operator.input(input)) : undefined;
        return { link: { node, input, counter: way ?? node.operator }, receiver: way ?? node.operator.input(input), side };
      }));
  }

  /** The edges that read the operator at `index`. */
  edgesOf(index: number): WiredEdge[] {
    return this.#edges.filter((edge) => edge.fromOperator === index);
  }

  /** Where the outputs of the operator at `index` lead: to operators of the chain, and to edges. */
  receivers(index: number, links: readonly BuiltLink[], operator: Operator): { output: Receiver; sideOutputs: Map<string, Receiver> } {
    const byTag = new Map<string | undefined, Receiver[]>();
    const add = (tag: string | undefined, receiver: Receiver): void => {
      const receivers = byTag.get(tag);
      if (receivers === undefined) byTag.set(tag, [receiver]);
      else receivers.push(receiver);
    };
    for (const { side, receiver } of links) add(side, receiver);
    for (const { sideOutput, output } of this.edgesOf(index)) add(sideOutput, output);
    const sideOutputs = new Map<string, Receiver>();
    for (const [tag, receivers] of byTag) if (tag !== undefined) sideOutputs.set(tag, this.#join(receivers, false));
    return { output: this.#join(byTag.get(undefined) ?? [], operator instanceof SourceOperator || operator.fusesOutput === true), sideOutputs };
  }

  /** What runs the batches of a channel into an operator. */
  loop(receiver: Receiver, place: BatchPlace): BatchLoop {
    const parts = { receiver, record: this.#record, place };
    return this.#settings.generateCode ? generateBatchLoop(parts) : plainBatchLoop(parts);
  }

  /** One receiver for several; `bare` for an operator that takes it into its own text. */
  #join(receivers: readonly Receiver[], bare: boolean): Receiver {
    if (receivers.length === 0) return new NoOutput();
    const joined = receivers.length === 1 ? (receivers[0] as Receiver) : new FanOut(receivers);
    if (this.#settings.check) return new CheckedReceiver(joined);
    return bare || !this.#settings.generateCode ? joined : fusedReceiver(joined, this.#record);
  }
}
