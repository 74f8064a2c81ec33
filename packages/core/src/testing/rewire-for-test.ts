import type { Sink } from '../connector/sink.js';
import type { StreamEdge, StreamNode } from '../graph/stream-graph.js';
import { parallelismOf } from '../graph/chaining.js';
import type { JobProgram, NodeProgram } from '../operators/job-program.js';
import { commandOperator, CommandQueue, commandSource } from './test-source.js';

/** What a test holds of a job: its sources and sinks by name and uid. */
export interface TestNodes {
  readonly sources: ReadonlyMap<string, CommandQueue>;
  readonly sinks: ReadonlyMap<string, unknown[]>;
}

/** A job whose sources and sinks are in the hands of a test. */
export interface RewiredProgram {
  readonly program: JobProgram;
  readonly nodes: TestNodes;
}

/**
 * Replaces every source by a queue of commands and an operator that carries them out, under the source's own id, so
 * that all that follows stays as it is; and every sink by one that keeps its rows.
 */
export function rewireForTest(program: JobProgram): RewiredProgram {
  const { streamGraph } = program;
  const sources = new Map<string, CommandQueue>();
  const sinks = new Map<string, unknown[]>();
  const nodes: StreamNode[] = [];
  const programs = new Map<number, NodeProgram>(program.nodes);
  const moved = new Set<number>();
  const feeds: StreamEdge[] = [];
  let nextNode = Math.max(0, ...streamGraph.nodes.map((node) => node.id)) + 1;
  let nextEdge = Math.max(0, ...streamGraph.edges.map((edge) => edge.id)) + 1;
  for (const node of streamGraph.nodes) {
    const part = program.nodes.get(node.id)!;
    if (part.kind === 'source') {
      const queue = new CommandQueue();
      register(sources, node, queue);
      const { unbounded: _, ...bounded } = node;
      nodes.push({ id: nextNode, kind: 'source', type: 'test-source', name: `${node.name} (test)`, chaining: 'always', inputs: 0, stateful: false, parallelism: 1 });
      nodes.push({ ...bounded, kind: 'operator', type: 'test-source', inputs: 1, parallelism: 1 });
      feeds.push({ id: nextEdge++, from: nextNode, to: node.id, input: 0, partitioning: 'forward' });
      programs.set(nextNode, { kind: 'source', source: commandSource(queue), watermarks: { watermarks: { kind: 'none' } }, outputType: { kind: 'dynamic' } });
      programs.set(node.id, { kind: 'operator', factory: commandOperator(part.watermarks), outputType: part.outputType });
      if (parallelismOf(streamGraph, node) !== 1) moved.add(node.id);
      nextNode++;
    } else {
      nodes.push(node);
      if (part.kind === 'sink') {
        const rows: unknown[] = [];
        register(sinks, node, rows);
        programs.set(node.id, { kind: 'sink', sink: keepingSink(rows) });
      }
    }
  }
  // A test source runs once, so what went straight on to as many instances is dealt out now.
  const edges = streamGraph.edges.map((edge): StreamEdge => (moved.has(edge.from) && edge.partitioning === 'forward' ? { ...edge, partitioning: 'rebalance' } : edge));
  return { program: { streamGraph: { ...streamGraph, nodes, edges: [...feeds, ...edges] }, nodes: programs, edges: program.edges }, nodes: { sources, sinks } };
}

/** Names are for people and may repeat: the first with a name has it, and a uid is always found. */
function register<T>(nodes: Map<string, T>, node: StreamNode, value: T): void {
  if (node.uid !== undefined) nodes.set(node.uid, value);
  if (!nodes.has(node.name)) nodes.set(node.name, value);
}

function keepingSink(rows: unknown[]): Sink<unknown> {
  return {
    kind: 'test',
    guarantee: 'none',
    createWriter: () => ({
      write: (value) => {
        rows.push(value);
      },
      close: () => undefined,
    }),
  };
}
