import type { Platform } from '../../base/platform.js';
import type { ExecutionChannel, ExecutionGraph, ExecutionSubtask } from '../../graph/execution-graph.js';
import type { JobVertex } from '../../graph/job-graph.js';
import type { JobProgram } from '../../operators/job-program.js';
import type { GateChannel } from '../../task/gate-input.js';
import { createPartitioner } from '../../task/partitioners.js';
import type { TaskSettings } from '../../task/ports.js';
import type { OutgoingEdge } from '../../task/subtask-builder.js';
import { codecTransfer } from '../channel/codec-transfer.js';
import { LocalChannel } from '../channel/local-channel.js';

/** The ends of the channels by subtask. */
export interface SubtaskChannels {
  incoming(subtask: ExecutionSubtask): readonly GateChannel[];
  outgoing(subtask: ExecutionSubtask): readonly OutgoingEdge[];
}

/** Makes the channels of a graph that runs in one thread. */
export function layChannels(graph: ExecutionGraph, program: JobProgram, options: { readonly platform: Platform; readonly settings: TaskSettings }): SubtaskChannels {
  const channels = graph.channels.map((channel) => {
    // Between several instances, and in check mode, batches go through the codec, as they would between threads.
    const coded = options.settings.check || isParallel(graph, channel);
    const origin = program.nodes.get(channel.edge.stream.from);
    const type = origin === undefined || origin.kind === 'sink' || channel.edge.stream.sideOutput !== undefined ? undefined : origin.outputType;
    return { channel, local: new LocalChannel(options.settings.batchSize, coded ? codecTransfer(type) : undefined) };
  });
  return {
    incoming: (subtask) => channels.filter(({ channel }) => channel.toSubtask === subtask.id).map(({ channel, local }) => ({ reader: local, input: channel.edge.stream.input })),
    outgoing: (subtask) => {
      const mine = channels.filter(({ channel }) => channel.fromSubtask === subtask.id);
      return graph.jobGraph.edges.filter((edge) => edge.fromVertex === subtask.vertex.id).map((edge) => {
        const writers = mine.filter(({ channel }) => channel.edge === edge).sort((a, b) => a.channel.senderIndex - b.channel.senderIndex).map(({ local }) => local);
        const target = graph.jobGraph.vertices[edge.toVertex] as JobVertex;
        return {
          fromOperator: edge.fromOperator,
          sideOutput: edge.stream.sideOutput,
          writers,
          partitioner: createPartitioner({
            partitioning: edge.stream.partitioning,
            program: program.edges.get(edge.stream.id),
            channels: writers.length,
            sender: subtask.index,
            maxParallelism: target.maxParallelism,
            random: options.platform.random,
            target: target.operators[0]?.node.name ?? target.name,
          }),
        };
      });
    },
  };
}

function isParallel(graph: ExecutionGraph, channel: ExecutionChannel): boolean {
  const from = graph.jobGraph.vertices[channel.edge.fromVertex] as JobVertex;
  const to = graph.jobGraph.vertices[channel.edge.toVertex] as JobVertex;
  return from.parallelism > 1 || to.parallelism > 1;
}
