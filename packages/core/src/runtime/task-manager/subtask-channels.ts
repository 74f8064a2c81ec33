import type { Platform } from '../../base/platform.js';
import type { ExecutionChannel, ExecutionGraph, ExecutionSubtask } from '../../graph/execution-graph.js';
import { gathersKeys, type JobEdge, type JobVertex } from '../../graph/job-graph.js';
import type { JobProgram } from '../../operators/job-program.js';
import type { TypeInfo } from '../../record/types/type-info.js';
import type { GateChannel } from '../../task/gate-input.js';
import { createPartitioner } from '../../task/partitioners.js';
import type { ChannelReader, ChannelWriter } from '../../task/ports.js';
import type { EdgePreReduction, OutgoingEdge } from '../../task/subtask-plan.js';
import { codecTransfer } from '../channel/codec-transfer.js';
import { InFlightLimit } from '../channel/in-flight-limit.js';
import { LocalChannel } from '../channel/local-channel.js';
import { ThreadChannelReader } from '../channel/thread-channel-reader.js';
import { ThreadChannelWriter } from '../channel/thread-channel-writer.js';
import type { ThreadExchange } from '../channel/thread-exchange.js';
import type { DeployMessage } from './messages.js';

/** The ends of the channels by subtask. */
export interface SubtaskChannels {
  incoming(subtask: ExecutionSubtask): readonly GateChannel[];
  outgoing(subtask: ExecutionSubtask): readonly OutgoingEdge[];
}

/** Where the channels of a task manager lead. */
export interface ChannelSurroundings {
  readonly platform: Platform;
  readonly deployment: DeployMessage;
  /** The links to the other task managers, by number. */
  readonly peers: ReadonlyMap<number, ThreadExchange>;
}

/** The ends of one channel that are in this thread. */
interface ChannelEnds {
  readonly channel: ExecutionChannel;
  readonly writer: ChannelWriter | undefined;
  readonly reader: ChannelReader | undefined;
}

/** Makes the channels that begin or end in one task manager. */
export function layChannels(graph: ExecutionGraph, program: JobProgram, surroundings: ChannelSurroundings): SubtaskChannels {
  const channels = graph.channels.map((channel) => endsOf(channel, graph, program, surroundings));
  return {
    incoming: (subtask) =>
      channels.flatMap(({ channel, reader }) => (channel.toSubtask === subtask.id && reader !== undefined ? [{ reader, entry: entryOf(channel.edge, subtask.vertex) }] : [])),
    outgoing: (subtask) => {
      const mine = channels.filter(({ channel }) => channel.fromSubtask === subtask.id);
      return graph.jobGraph.edges.filter((edge) => edge.fromVertex === subtask.vertex.id).map((edge): OutgoingEdge => {
        const writers = mine
          .filter(({ channel }) => channel.edge === edge)
          .sort((a, b) => a.channel.senderIndex - b.channel.senderIndex)
          .flatMap(({ writer }) => (writer === undefined ? [] : [writer]));
        const target = graph.jobGraph.vertices[edge.toVertex] as JobVertex;
        const partitioner = createPartitioner({
          partitioning: edge.stream.partitioning,
          program: program.edges.get(edge.stream.id),
          channels: writers.length,
          sender: subtask.index,
          maxParallelism: target.maxParallelism,
          random: surroundings.platform.random,
          target: target.operators[edge.toOperator]?.node.name ?? target.name,
        });
        const preReduction = surroundings.deployment.settings.check ? undefined : preReductionOf(edge, subtask.vertex, target, program);
        return { fromOperator: edge.fromOperator, sideOutput: edge.stream.sideOutput, writers, partitioner, preReduction };
      });
    },
  };
}

/** Only where records go between several subtasks. */
function preReductionOf(edge: JobEdge, from: JobVertex, target: JobVertex, program: JobProgram): EdgePreReduction | undefined {
  if (!gathersKeys(edge, from, target)) return undefined;
  const reader = target.operators[edge.toOperator];
  const node = reader === undefined ? undefined : program.nodes.get(reader.node.id);
  const reduction = node?.kind === 'operator' ? node.factory.preReduction : undefined;
  return reduction === undefined ? undefined : { reduction, target, operator: edge.toOperator };
}

/** Which entry of its vertex an edge leads to. */
function entryOf({ toOperator, stream }: JobEdge, vertex: JobVertex): number {
  return vertex.entries.findIndex(({ operator, input }) => operator === toOperator && input === stream.input);
}

function endsOf(channel: ExecutionChannel, graph: ExecutionGraph, program: JobProgram, { platform, deployment, peers }: ChannelSurroundings): ChannelEnds {
  const { manager, placement, settings, codedChannels } = deployment;
  const from = placement[channel.fromSubtask];
  const to = placement[channel.toSubtask];
  const type = typeOf(channel, program);
  if (from === manager && to === manager) {
    // Where no other thread takes part, batches go through the codec as they would between threads.
    const coded = settings.check || (codedChannels && isParallel(graph, channel));
    const local = new LocalChannel(settings.batchSize, coded ? codecTransfer(type) : undefined, { inFlight: new InFlightLimit(settings.bufferTargetMs, settings.batchSize), clock: platform.clock });
    return { channel, writer: local, reader: local };
  }
  const writer = from === manager ? peers.get(to as number)?.addWriter(channel.id, (link) => new ThreadChannelWriter(link, { type, settings, clock: platform.clock })) : undefined;
  const reader = to === manager ? peers.get(from as number)?.addReader(channel.id, (link) => new ThreadChannelReader(link, { type, settings })) : undefined;
  return { channel, writer, reader };
}

function typeOf(channel: ExecutionChannel, program: JobProgram): TypeInfo | undefined {
  const origin = program.nodes.get(channel.edge.stream.from);
  return origin === undefined || origin.kind === 'sink' || channel.edge.stream.sideOutput !== undefined ? undefined : origin.outputType;
}

function isParallel(graph: ExecutionGraph, channel: ExecutionChannel): boolean {
  const from = graph.jobGraph.vertices[channel.edge.fromVertex] as JobVertex;
  const to = graph.jobGraph.vertices[channel.edge.toVertex] as JobVertex;
  return from.parallelism > 1 || to.parallelism > 1;
}
