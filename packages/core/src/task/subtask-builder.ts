import type { ExecutionSubtask } from '../graph/execution-graph.js';
import type { ChainedNode, JobVertex } from '../graph/job-graph.js';
import { CurrentRecord } from '../operators/current-record.js';
import { DEAD_LETTERS } from '../connector/dead-letter.js';
import { type BatchLoop, generateBatchLoop, plainBatchLoop } from '../operators/fusion/batch-loop.js';
import { BatchPlace } from '../operators/fusion/record-loop.js';
import { fusedReceiver } from '../operators/fusion/stage-code.js';
import type { JobProgram, NodeProgram } from '../operators/job-program.js';
import type { Operator, Receiver } from '../operators/operator.js';
import type { OperatorInfo, RecordContext } from '../operators/operator-context.js';
import { SinkOperator } from '../operators/sink.js';
import { SourceOperator } from '../operators/source.js';
import type { PreReduction } from '../operators/windows/pre-reduction.js';
import type { OperatorSnapshot } from '../state/operator-snapshot.js';
import { CheckedReceiver } from './checked-receiver.js';
import { StateNotDeclared } from './errors.js';
import { FanOut, InputLink, NodeContext, NoOutput, type ChainLink, type ChainNode } from './chain-node.js';
import { ChainHolds } from './chain-holds.js';
import { FlowControl, OperatorFlow } from './flow-control.js';
import { GateInput, type GateChannel, type GateEntry } from './gate-input.js';
import { TaskMailbox } from './mailbox.js';
import { NodeTime } from './node-time.js';
import { registerOperatorMetrics } from './operator-metrics.js';
import { OperatorChain } from './operator-chain.js';
import { EdgeOutput } from './output.js';
import type { Partitioner } from './partitioner.js';
import type { ChannelWriter, RestoredSubtask, SubtaskEnvironment } from './ports.js';
import { SourceAndGateInput } from './source-and-gate-input.js';
import { SourceInput } from './source-input.js';
import { Subtask } from './subtask.js';
import type { TaskInput } from './task-input.js';

/** One outgoing edge of a subtask with its channels. */
export interface OutgoingEdge {
  /** Index of the emitting operator in its chain. */
  readonly fromOperator: number;
  /** The side output it reads; the main output when undefined. */
  readonly sideOutput: string | undefined;
  readonly partitioner: Partitioner;
  readonly writers: readonly ChannelWriter[];
  /** What is done with records before they are sent to a window. */
  readonly preReduction: EdgePreReduction | undefined;
}

/** The records of an edge become partial accumulators of the window that it leads to. */
export interface EdgePreReduction {
  readonly reduction: PreReduction;
  readonly target: JobVertex;
  /** Index of the window in its vertex. */
  readonly operator: number;
}

/** Everything a subtask is built from. */
export interface SubtaskPlan {
  readonly execution: ExecutionSubtask;
  readonly program: JobProgram;
  readonly incoming: readonly GateChannel[];
  readonly outgoing: readonly OutgoingEdge[];
  readonly restored: RestoredSubtask | undefined;
}

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

/** A reader within the chain, and the way into it. */
interface BuiltLink {
  readonly link: ChainLink;
  readonly receiver: Receiver;
  /** The side output that it reads; the main output when undefined. */
  readonly side: string | undefined;
}

class SubtaskBuilder {
  readonly chain: OperatorChain;
  readonly #plan: SubtaskPlan;
  readonly #environment: SubtaskEnvironment;
  readonly #record: RecordContext;
  readonly #flow: FlowControl;
  readonly #mailbox: TaskMailbox;
  readonly #nodes: ChainNode[];
  readonly #edges: readonly (OutgoingEdge & { readonly output: EdgeOutput })[];
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
    this.#edges = plan.outgoing.map((edge) => ({ ...edge, output: this.#output(edge) }));
    this.#holds = new ChainHolds(plan.execution.vertex);
    this.#input = undefined;
    this.chain = new OperatorChain(this.#nodes, this.#edges.map((edge) => edge.output), this.#flow);
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
      const partialLoop = partials === undefined ? undefined : plainBatchLoop({ receiver: partials, record: this.#record, place });
      return { node, input, loop: this.#loop(node.operator.input(input), place), partialLoop };
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
    const children = this.#links(index);
    const edges = this.#edges.filter((edge) => edge.fromOperator === index);
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
    const operator = this.#operator(chained);
    const node: ChainNode = {
      index,
      operator,
      uid: chained.uid,
      name: chained.node.name,
      definedAt: chained.node.definedAt,
      children: children.map(({ link }) => link),
      edges: edges.map((edge) => edge.output),
      watermark: operator.ownsWatermarks === true ? Number.NEGATIVE_INFINITY : floor,
      emittedWatermark: operator.ownsWatermarks === true ? floor : Number.NEGATIVE_INFINITY,
      idle: false,
      emittedIdle: false,
      phase: 'ready',
      openInputs: Math.max(1, chained.node.inputs),
      deferredWatermark: Number.NEGATIVE_INFINITY,
      deferredIdle: undefined,
      wakeAt: Number.POSITIVE_INFINITY,
      merger: undefined,
      backend: undefined,
      context: new NodeContext({
        info,
        record: this.#record,
        ...this.#receivers(index, children, operator),
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

  /** The operators of the chain that read the one at `index`, which are open already, with the ways into them. */
  #links(index: number): BuiltLink[] {
    return this.#plan.execution.vertex.operators.flatMap(({ node: { inputs }, reads }, reader) =>
      reads.filter(({ from }) => from === index).map(({ input, side }) => {
        const node = this.#nodes[reader] as ChainNode;
        const way = inputs > 1 ? new InputLink(node.operator.input(input)) : undefined;
        return { link: { node, input, counter: way ?? node.operator }, receiver: way ?? node.operator.input(input), side };
      }));
  }

  /** Where an operator's outputs lead: to operators of the chain by plain calls, and to edges. */
  #receivers(index: number, children: readonly BuiltLink[], operator: Operator): { output: Receiver; sideOutputs: Map<string, Receiver> } {
    const byTag = new Map<string | undefined, Receiver[]>();
    const add = (tag: string | undefined, receiver: Receiver): void => {
      const receivers = byTag.get(tag);
      if (receivers === undefined) byTag.set(tag, [receiver]);
      else receivers.push(receiver);
    };
    for (const { side, receiver } of children) add(side, receiver);
    for (const edge of this.#edges) if (edge.fromOperator === index) add(edge.sideOutput, edge.output);
    const sideOutputs = new Map<string, Receiver>();
    for (const [tag, receivers] of byTag) if (tag !== undefined) sideOutputs.set(tag, this.#join(receivers, false));
    return { output: this.#join(byTag.get(undefined) ?? [], operator instanceof SourceOperator || operator.fusesOutput === true), sideOutputs };
  }

  /** One receiver for several; `bare` for an operator that takes it into its own text. */
  #join(receivers: readonly Receiver[], bare: boolean): Receiver {
    if (receivers.length === 0) return new NoOutput();
    const joined = receivers.length === 1 ? (receivers[0] as Receiver) : new FanOut(receivers);
    if (this.#environment.settings.check) return new CheckedReceiver(joined);
    return bare ? joined : this.#fused(joined);
  }

  #takesLetters(): boolean {
    const { execution, outgoing } = this.#plan;
    return outgoing.some((edge) => edge.sideOutput === DEAD_LETTERS) || execution.vertex.operators.some(({ reads }) => reads.some(({ side }) => side === DEAD_LETTERS));
  }

  #loop(receiver: Receiver, place: BatchPlace): BatchLoop {
    const parts = { receiver, record: this.#record, place };
    return this.#environment.settings.generateCode ? generateBatchLoop(parts) : plainBatchLoop(parts);
  }

  #fused(receiver: Receiver): Receiver {
    return this.#environment.settings.generateCode ? fusedReceiver(receiver, this.#record) : receiver;
  }

  #operator(chained: ChainedNode): Operator {
    const program = this.#plan.program.nodes.get(chained.node.id) as NodeProgram;
    const { environment, settings } = { environment: this.#environment, settings: this.#environment.settings };
    switch (program.kind) {
      case 'operator':
        return program.factory.create();
      case 'sink':
        return new SinkOperator(program.sink, {
          platform: environment.platform,
          epoch: environment.epoch,
          checkpoints: settings.checkpoints,
          bounded: settings.bounded,
          restoresOwn: this.#plan.restored?.own === true,
          print: (text, row) => environment.print(text, row),
          emitRow: (channel, row) => environment.emitRow(channel, row),
        });
      case 'source':
        return new SourceOperator(program.source, program.watermarks, {
          platform: environment.platform,
          coordinator: environment.coordinator,
          watermarkIntervalMs: settings.watermarkIntervalMs,
          watermarkPerRecord: settings.watermarkPerRecord,
          recordLimits: settings.recordLimits,
          batchSize: settings.batchSize,
          batchTargetMs: settings.bufferTargetMs,
          generateCode: settings.generateCode,
          keepsPlace: this.#takesLetters(),
        });
    }
  }
}

/** The entrance of a chain: every chain has a source, a gate or both. */
function inputOf(source: SourceInput | undefined, gate: GateInput | undefined, flow: FlowControl): TaskInput {
  if (source !== undefined && gate !== undefined) return new SourceAndGateInput(source, gate, flow);
  return (source ?? gate) as TaskInput;
}

/** Restored states that the job no longer declares stop the start, unless they may be dropped (rule 44). */
function claimStates(node: ChainNode, dropState: readonly string[]): void {
  const unclaimed = node.backend?.unclaimedStates() ?? [];
  const kept = unclaimed.filter((state) => !dropState.includes(node.uid) && !dropState.includes(`${node.uid}/${state}`));
  if (kept.length > 0) {
    throw StateNotDeclared.error({
      what: `operator "${node.name}" (uid "${node.uid}") was saved with ${kept.map((state) => `"${state}"`).join(', ')}, which it does not declare`,
      where: { operator: node.name, ...(node.definedAt === undefined ? {} : { definedAt: node.definedAt }) },
    });
  }
  node.backend?.dropUnclaimedStates(unclaimed);
}

/** Event time goes on where the slowest former subtask stood (rule 24). */
function lowestWatermark(snapshots: readonly OperatorSnapshot[]): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (const snapshot of snapshots) lowest = Math.min(lowest, snapshot.watermark);
  return lowest === Number.POSITIVE_INFINITY ? Number.NEGATIVE_INFINITY : lowest;
}
