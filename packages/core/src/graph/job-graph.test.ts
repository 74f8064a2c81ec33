import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildExecutionGraph, keyGroupsOf } from './execution-graph.js';
import { graphFingerprint } from './fingerprint.js';
import { buildJobGraph } from './job-graph.js';
import { subtaskForKeyGroup } from '../record/key-hash.js';
import type { Partitioning, StreamEdge, StreamGraph, StreamNode } from './stream-graph.js';

function node(id: number, settings: Partial<StreamNode> = {}): StreamNode {
  return { id, kind: 'operator', type: 'map', name: `n${id}`, chaining: 'always', inputs: 1, stateful: false, ...settings };
}

function edge(from: number, to: number, partitioning: Partitioning = 'forward', settings: Partial<StreamEdge> = {}): StreamEdge {
  return { id: from * 100 + to, from, to, input: 0, partitioning, ...settings };
}

function graph(nodes: StreamNode[], edges: StreamEdge[], settings: Partial<StreamGraph> = {}): StreamGraph {
  return { job: 'test', nodes, edges, parallelism: 1, maxParallelism: 128, ...settings };
}

const source = (id: number, settings: Partial<StreamNode> = {}): StreamNode => node(id, { kind: 'source', inputs: 0, type: 'source', ...settings });

const chains = (stream: StreamGraph, check = false): string[] => buildJobGraph(stream, { check }).vertices.map((vertex) => vertex.name);

describe('chaining', () => {
  it('joins what need not change its subtask', () => {
    const stream = graph([source(1), node(2), node(3)], [edge(1, 2), edge(2, 3, 'hash')]);
    expect(chains(stream)).toEqual(['n1 → n2 → n3']);
    expect(chains({ ...stream, parallelism: 2 })).toEqual(['n1 → n2', 'n3']);
  });

  it('sends keyed edges through a channel in check mode', () => {
    expect(chains(graph([source(1), node(2)], [edge(1, 2, 'hash')]), true)).toEqual(['n1', 'n2']);
  });

  it('keeps several readers of one operator in its chain, as a tree', () => {
    const vertex = buildJobGraph(graph([source(1), node(2), node(3), node(4)], [edge(1, 2), edge(1, 3), edge(3, 4)])).vertices[0];
    expect(vertex?.operators.map((operator) => [operator.node.id, operator.reads])).toEqual([[1, []], [2, [{ input: 0, from: 0 }]], [3, [{ input: 0, from: 0 }]], [4, [{ input: 0, from: 2 }]]]);
  });

  it('starts a new chain at a union and where the author says so', () => {
    expect(chains(graph([source(1), source(2), node(3)], [edge(1, 3), edge(2, 3)]))).toEqual(['n1', 'n2', 'n3']);
    expect(chains(graph([source(1), node(2, { chaining: 'head' }), node(3)], [edge(1, 2), edge(2, 3)]))).toEqual(['n1', 'n2 → n3']);
    expect(chains(graph([source(1), node(2, { chaining: 'never' }), node(3)], [edge(1, 2), edge(2, 3)]))).toEqual(['n1', 'n2', 'n3']);
  });

  const second = (from: number, to: number, partitioning: Partitioning = 'forward'): StreamEdge => edge(from, to, partitioning, { input: 1 });

  it('puts an operator with several inputs behind what feeds its first; the others come through channels, from chains that go before', () => {
    const two = graph([source(1), source(2), node(3), node(4, { inputs: 2 }), node(5)], [edge(1, 3), edge(3, 4), second(2, 4, 'broadcast'), edge(4, 5)]);
    const { vertices, edges } = buildJobGraph({ ...two, parallelism: 3, nodes: two.nodes.map((each) => (each.id === 2 ? { ...each, parallelism: 1 } : each)) });
    expect(vertices.map(({ name, entries }) => [name, entries])).toEqual([['n2', []], ['n1 → n3 → n4 → n5', [{ operator: 2, input: 1 }]]]);
    expect(edges.map(({ fromVertex, toVertex, toOperator }) => [fromVertex, toVertex, toOperator])).toEqual([[0, 1, 2]]);
  });

  it('feeds several inputs within one chain where all come from it', () => {
    const diamond = graph([source(1), node(2), node(3), node(4, { inputs: 2 })], [edge(1, 2), edge(1, 3), edge(2, 4, 'hash'), second(3, 4, 'hash')]);
    const { vertices } = buildJobGraph(diamond);
    expect(vertices.map(({ name, entries }) => [name, entries])).toEqual([['n1 → n2 → n3 → n4', []]]);
    expect(vertices[0]?.operators[3]?.reads).toEqual([{ input: 0, from: 1 }, { input: 1, from: 2 }]);
    expect(chains(diamond, true)).toEqual(['n1 → n2 → n3', 'n4']);
  });

  it('keeps an operator out of a chain that feeds its other input through channels', () => {
    const round = graph([source(1), node(2, { chaining: 'head' }), node(3, { inputs: 2 })], [edge(1, 2), edge(1, 3), second(2, 3)]);
    expect(chains(round)).toEqual(['n1', 'n2', 'n3']);
    // Nor may the two chains of two such operators wait for each other.
    const crossed = graph([source(1), source(2), node(3, { inputs: 2 }), node(4, { inputs: 2 })], [edge(1, 3), second(2, 3), edge(2, 4), second(1, 4)]);
    expect(chains(crossed)).toEqual(['n2', 'n1 → n3', 'n4']);
  });

  it('gives an operator that holds an input a chain only behind operators without state', () => {
    const table = (settings: Partial<StreamNode>): StreamGraph =>
      graph([source(1), source(2), node(3, settings), node(4, { inputs: 2, holdsInput: 0 })], [edge(1, 3), edge(3, 4), second(2, 4)]);
    expect(chains(table({}))).toEqual(['n2', 'n1 → n3 → n4']);
    expect(chains(table({ stateful: true }))).toEqual(['n1 → n3', 'n2', 'n4']);
    expect(chains(graph([source(1), source(2), node(4, { inputs: 2, holdsInput: 1 })], [edge(1, 4), second(2, 4)]))).toEqual(['n1', 'n2', 'n4']);
  });

  it('remembers which side output a chained operator reads', () => {
    const vertex = buildJobGraph(graph([source(1), node(2)], [edge(1, 2, 'forward', { sideOutput: 'late' })])).vertices[0];
    expect(vertex?.operators[1]?.reads).toEqual([{ input: 0, from: 0, side: 'late' }]);
  });

  it('refuses forward between different parallelisms, with both numbers', () => {
    expect(() => chains(graph([source(1), node(2, { parallelism: 3 })], [edge(1, 2)]))).toThrow(/MR-1402.*parallelism 1, "n2" with 3/s);
  });

  it('refuses a parallelism above the number of key groups', () => {
    expect(() => chains(graph([source(1, { parallelism: 129 })], []))).toThrow(/MR-1404/);
    expect(() => chains(graph([source(1, { parallelism: 0 })], []))).toThrow(/MR-1404/);
  });

  it('refuses a cycle, an empty job and a uid given twice', () => {
    expect(() => chains(graph([node(1), node(2)], [edge(1, 2), edge(2, 1)]))).toThrow(/MR-1403/);
    expect(() => chains(graph([], []))).toThrow(/MR-1405/);
    expect(() => chains(graph([source(1, { uid: 'a' }), node(2, { uid: 'a' })], [edge(1, 2)]))).toThrow(/MR-1401.*"n1" and "n2".*"a"/s);
  });
});

describe('operator uids and fingerprint', () => {
  const stream = graph([source(1), node(2, { uid: 'mine' }), node(3), node(4)], [edge(1, 2), edge(2, 3), edge(2, 4)]);
  const uids = (given: StreamGraph): string[] => buildJobGraph(given).vertices.flatMap((vertex) => vertex.operators.map((operator) => operator.uid));

  it('derives uids that outlive names and parallelism, and tells twins apart', () => {
    const renamed = { ...stream, parallelism: 4, nodes: stream.nodes.map((each) => ({ ...each, name: `new ${each.name}` })) };
    expect(new Set(uids(stream)).size).toBe(4);
    expect(uids(renamed)).toEqual(uids(stream));
    expect(uids(stream)).toContain('mine');
  });

  it('changes the fingerprint with the shape, not with names', () => {
    const renamed = { ...stream, nodes: stream.nodes.map((each) => ({ ...each, name: 'x', definedAt: '/a.ts:1:1' })) };
    expect(graphFingerprint(renamed)).toBe(graphFingerprint(stream));
    expect(graphFingerprint({ ...stream, parallelism: 2 })).not.toBe(graphFingerprint(stream));
    expect(graphFingerprint({ ...stream, edges: stream.edges.slice(1) })).not.toBe(graphFingerprint(stream));
  });
});

describe('execution graph', () => {
  const layout = (partitioning: Partitioning, from: number, to: number): [number, number][] => {
    const stream = graph([source(1, { parallelism: from }), node(2, { parallelism: to })], [edge(1, 2, partitioning)]);
    const { channels, subtasks } = buildExecutionGraph(buildJobGraph(stream, { chaining: false }));
    return channels.map((channel) => [subtasks[channel.fromSubtask]?.index ?? -1, subtasks[channel.toSubtask]?.index ?? -1]);
  };

  it('links everyone with everyone for a hash edge, and neighbours for rescale and forward', () => {
    expect(layout('hash', 2, 3)).toHaveLength(6);
    expect(layout('rescale', 2, 4)).toEqual([[0, 0], [0, 1], [1, 2], [1, 3]]);
    expect(layout('rescale', 4, 2)).toEqual([[0, 0], [1, 0], [2, 1], [3, 1]]);
    expect(layout('forward', 3, 3)).toEqual([[0, 0], [1, 1], [2, 2]]);
  });

  it('R36 gives every key group to the one subtask that records of it are sent to', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 512 }), fc.integer({ min: 1, max: 512 }), (a, b) => {
        const [parallelism, maxParallelism] = [Math.min(a, b), Math.max(a, b)];
        for (let index = 0; index < parallelism; index++) {
          const { first, last } = keyGroupsOf(index, parallelism, maxParallelism);
          for (let group = first; group <= last; group++) expect(subtaskForKeyGroup(group, parallelism, maxParallelism)).toBe(index);
        }
        expect(keyGroupsOf(0, parallelism, maxParallelism).first).toBe(0);
        expect(keyGroupsOf(parallelism - 1, parallelism, maxParallelism).last).toBe(maxParallelism - 1);
      }),
      { numRuns: 200 },
    );
  });
});
