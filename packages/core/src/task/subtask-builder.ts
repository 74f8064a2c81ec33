import type { ChainedNode } from '../graph/job-graph.js';
import { CurrentRecord } from '../operators/current-record.js';
import { partialLoop } from '../operators/fusion/batch-loop.js';
import { BatchPlace } from '../operators/fusion/record-loop.js';
import type { NodeProgram } from '../operators/job-program.js';
import type { OperatorInfo, RecordContext } from '../operators/operator-context.js';
import { SourceOperator } from '../operators/source.js';
import type { OperatorSnapshot } from '../state/operator-snapshot.js';
import { ChainHolds } from './chain-holds.js';
import { NodeContext, type ChainNode } from './chain-node.js';
import { ChainWiring, type WiredEdge } from './chain-wiring.js';
import { FlowControl, OperatorFlow } from './flow-control.js';
import { GateInput, type GateEntry } from './gate-input.js';
import { TaskMailbox } from './mailbox.js';
import { makeOperator } from './make-operator.js';
import { NodeTime } from './node-time.js';
import { OperatorChain } from './operator-chain.js';
import { registerOperatorMetrics } from './operator-metrics.js';
import { EdgeOutput } from './output.js';
import type { SubtaskEnvironment } from './ports.js';
import { claimStates, lowestWatermark } from './restored-operator.js';
import { SourceAndGateInput } from './source-and-gate-input.js';
import { SourceInput } from './source-input.js';
import type { EdgePreReduction, OutgoingEdge, SubtaskPlan } from './subtask-plan.js';
import { Subtask } from './subtask.js';
import type { TaskInput } from './task-input.js';

/** A subtask that is open and ready to be stepped, with its source when it has one. */
export interface BuiltSubtask {
  /** Name of the chain. */
  readonly name: string;
  /** Which of the parallel instances it is. */
  readonly index: number;
  readonly subtask: Subtask;
  readonly source: { readonly head: SourceOperator; readonly input: SourceInput } | undefined;
}

/**
 * Builds and opens one subtask, from the end of its chain to the head, so that each operator finds what is behind it
 * open. When one fails to open, those that are open are closed and the error is thrown.
 */
export async function buildSubtask(plan: SubtaskPlan, environment: SubtaskEnvironment): Promise<BuiltSubtask> {
  const builder = new SubtaskBuilder(plan, environment);
  try {
    return await builder.build();
  } catch (error) {
    await builder.chain.close(environment.platform.timers);
    throw error;
  }
}

class SubtaskBuilder {
  readonly chain: OperatorChain;
  readonly #plan: SubtaskPlan;
  readonly #environment: SubtaskEnvironment;
  readonly #record: RecordContext;
  readonly #flow: FlowControl;
  readonly #mailbox: TaskMailbox;
  readonly #nodes: ChainNode[];
  readonly #wiring: ChainWiring;
  readonly #holds: ChainHolds;
  #input: TaskInput | undefined;

  constructor(plan: SubtaskPlan, environment: SubtaskEnvironment) {
    const operators = plan.execution.vertex.operators;
    this.#plan = plan;
    this.#environment = environment;
    this.#record = new CurrentRecord();
    this.#flow = new FlowControl(environment.platform.clock, operators.length);
    this.#mailbox = new TaskMailbox(() => environment.wake());
    this.#nodes = new Array<ChainNode>(operators.length);
    const edges = plan.outgoing.map((edge): WiredEdge => ({ fromOperator: edge.fromOperator, sideOutput: edge.sideOutput, output: this.#output(edge) }));
    this.#wiring = new ChainWiring(plan.execution.vertex, this.#nodes, edges, this.#record, environment.settings);
    this.#holds = new ChainHolds(plan.execution.vertex);
    this.#input = undefined;
    this.chain = new OperatorChain(this.#nodes, edges.map((edge) => edge.output), this.#flow);
  }

  async build(): Promise<BuiltSubtask> {
    const { vertex } = this.#plan.execution;
    for (let index = vertex.operators.length - 1; index >= 0; index--) {
      const node = this.#node(index, vertex.operators[index] as ChainedNode);
      this.#nodes[index] = node;
      await node.operator.open(node.context);
      claimStates(node, this.#plan.restored?.dropState ?? []);
    }
    const head = this.chain.head.operator instanceof SourceOperator ? this.chain.head.operator : undefined;
    const source = head === undefined ? undefined : { head, input: new SourceInput(head, this.chain, this.#flow, this.#mailbox) };
    const gate = vertex.entries.length === 0 ? undefined : this.#gate(source !== undefined, () => subtask);
    const input = inputOf(source?.input, gate, this.#flow);
    const subtask = new Subtask({
      name: `${vertex.name} [${this.#plan.execution.index}]`,
      environment: this.#environment,
      chain: this.chain,
      flow: this.#flow,
      mailbox: this.#mailbox,
      input,
      sourceSnapshot: head === undefined ? undefined : (checkpointId) => ({ uid: this.chain.head.uid, splits: head.snapshotSplits(checkpointId) }),
    });
    this.#input = input;
    this.#holds.bind(source?.input, gate);
    return { name: vertex.name, index: this.#plan.execution.index, subtask, source };
  }

  #output(edge: OutgoingEdge): EdgeOutput {
    const { partitioner, writers, preReduction } = edge;
    const output = new EdgeOutput(this.#record, partitioner, writers, this.#flow, () => this.#environment.wake());
    if (preReduction !== undefined) output.preReduce(preReduction.reduction, this.#infoOf(preReduction));
    return output;
  }

  /** The window behind an edge, as errors of this subtask name it. */
  #infoOf({ target: { operators, parallelism, maxParallelism }, operator }: EdgePreReduction): OperatorInfo {
    const { node, uid } = operators[operator] as ChainedNode;
    const { job, attempt } = this.#environment;
    return { job, name: node.name, uid, subtask: this.#plan.execution.index, parallelism, maxParallelism, attempt, definedAt: node.definedAt, check: false };
  }

  #gate(awaitsSource: boolean, subtask: () => Subtask): GateInput {
    const place = new BatchPlace();
    const entries = this.#plan.execution.vertex.entries.map(({ operator, input }): GateEntry => {
      const node = this.#nodes[operator] as ChainNode;
      const partials = node.operator.partials?.();
      const runPartials = partials === undefined ? undefined : partialLoop(partials, this.#record, place);
      return { node, input, loop: this.#wiring.loop(node.operator.input(input), place), partialLoop: runPartials };
    });
    return new GateInput({
      channels: this.#plan.incoming,
      entries,
      place,
      chain: this.chain,
      flow: this.#flow,
      awaitsSource,
      hooks: {
        barrierSeen: (barrier) => subtask().barrierSeen(barrier),
        onBarrier: (barrier) => subtask().takeSnapshot(barrier),
        aligning: () => this.#environment.platform.points.reach('mid-alignment'),
        wake: () => this.#environment.wake(),
      },
    });
  }

  #node(index: number, chained: ChainedNode): ChainNode {
    const { execution, restored } = this.#plan;
    const children = this.#wiring.links(index);
    const all = restored?.operators.get(chained.uid) ?? [];
    const snapshots = restored?.own === true ? all.slice(execution.index, execution.index + 1) : all;
    const floor = lowestWatermark(snapshots);
    const metrics = this.#environment.metrics.group(chained.node.name).group(String(execution.index));
    const info: OperatorInfo = {
      job: this.#environment.job,
      name: chained.node.name,
      uid: chained.uid,
      subtask: execution.index,
      parallelism: execution.vertex.parallelism,
      maxParallelism: execution.vertex.maxParallelism,
      attempt: this.#environment.attempt,
      definedAt: chained.node.definedAt,
      check: this.#environment.settings.check,
      currentPlace: () => this.#input?.currentPlace() ?? {},
    };
    const operator = makeOperator(this.#plan.program.nodes.get(chained.node.id) as NodeProgram, this.#plan, this.#environment);
    const node: ChainNode = {
      index,
      operator,
      uid: chained.uid,
      name: chained.node.name,
      definedAt: chained.node.definedAt,
      children: children.map(({ link }) => link),
      edges: this.#wiring.edgesOf(index).map((edge) => edge.output),
      watermark: operator.ownsWatermarks === true ? Number.NEGATIVE_INFINITY : floor,
      emittedWatermark: operator.ownsWatermarks === true ? floor : Number.NEGATIVE_INFINITY,
      idle: false,
      emittedIdle: false,
      phase: 'ready',
      openInputs: Math.max(1, chained.node.inputs),
      deferredWatermark: Number.NEGATIVE_INFINITY,
      deferredIdle: undefined,
      deferredEnds: [],
      wakeAt: Number.POSITIVE_INFINITY,
      merger: undefined,
      backend: undefined,
      context: new NodeContext({
        info,
        record: this.#record,
        ...this.#wiring.receivers(index, children, operator),
        flow: new OperatorFlow(this.#flow, index, this.#holds),
        time: new NodeTime(this.chain, index, this.#environment.platform.clock),
        mailbox: this.#mailbox,
        metrics,
        logger: this.#environment.logger.child({ operator: chained.node.name, subtask: execution.index }),
        signal: this.#environment.signal,
        state: (keyType) => {
          node.backend ??= this.#state(chained, keyType, snapshots);
          return node.backend;
        },
      }),
    };
    if (chained.node.inputs > 1) node.merger = this.chain.mergerOf(node, chained.node.inputs);
    registerOperatorMetrics(node, metrics);
    return node;
  }

  #state(chained: ChainedNode, keyType: Parameters<SubtaskEnvironment['createState']>[0]['keyType'], snapshots: readonly OperatorSnapshot[]): NonNullable<ChainNode['backend']> {
    const { execution } = this.#plan;
    const backend = this.#environment.createState({
      operatorUid: chained.uid,
      operatorName: chained.node.name,
      keyGroups: execution.keyGroups,
      maxParallelism: execution.vertex.maxParallelism,
      subtask: execution.index,
      parallelism: execution.vertex.parallelism,
      restoresOwn: this.#plan.restored?.own === true,
      keyType,
    });
    if (snapshots.length > 0) backend.restore(snapshots);
    return backend;
  }
}

/** The entrance of a chain: every chain has a source, a gate or both. */
function inputOf(source: SourceInput | undefined, gate: GateInput | undefined, flow: FlowControl): TaskInput {
  if (source !== undefined && gate !== undefined) return new SourceAndGateInput(source, gate, flow);
  return (source ?? gate) as TaskInput;
}
