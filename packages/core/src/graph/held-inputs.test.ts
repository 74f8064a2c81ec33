import { expect, it } from 'vitest';
import { buildJobGraph } from './job-graph.js';
import type { StreamGraph, StreamNode } from './stream-graph.js';

/** A graph of lines like `orders > join`; `orders > join.1` leads to the second input. What is called `join…` holds its first input. */
function graph(lines: readonly string[], parallelism: number): StreamGraph {
  const names = [...new Set(lines.flatMap((line) => line.split(' > ').map((end) => end.replace(/\.1$/, ''))))];
  const edges = lines.map((line, id) => {
    const [from, to] = line.split(' > ') as [string, string];
    return { id, from: names.indexOf(from), to: names.indexOf(to.replace(/\.1$/, '')), input: to.endsWith('.1') ? 1 : 0, partitioning: 'rebalance' as const };
  });
  const nodes = names.map((name, id): StreamNode => {
    const inputs = new Set(edges.filter((edge) => edge.to === id).map((edge) => edge.input)).size;
    return { id, kind: inputs === 0 ? 'source' : 'operator', type: 'any', name, chaining: 'always', inputs, stateful: false, definedAt: `job.ts:${id}:1`, ...(name.startsWith('join') ? { holdsInput: 0 } : {}) };
  });
  return { job: 'test', nodes, edges, parallelism, maxParallelism: 128 };
}

it.each([
  ['what feeds the stream as well', ['all > orders', 'all > table', 'orders > join', 'table > join.1'], '"all", which also feeds the input that it holds'],
  ['what also feeds another operator behind the join', ['orders > join', 'table > join.1', 'join > both', 'table > both.1'], '"table", which also feeds "both", which can stand still until "join" goes on'],
  ['what also meets the stream elsewhere', ['orders > join', 'table > join.1', 'orders > both', 'table > both.1'], '"table", which also feeds "both"'],
  ['what another holds that waits for what the first holds', ['a > join a', 'b > join a.1', 'b > join b', 'a > join b.1'], '"b", which also feeds "join b"'],
  ['what has to pass by another that waits for what has to pass by the first', [
    'orders > join a', 'p > join a.1', 'bills > join b', 'q > join b.1', 'join a > both a', 'q > both a.1', 'join b > both b', 'p > both b.1',
  ], '"join a", "join b" wait for each other'],
])('refuses an operator that waits for the end of %s', (_, lines, what) => {
  expect(() => buildJobGraph(graph(lines, 2))).toThrow(new RegExp(`MR-1407.*${what}`));
  expect(() => buildJobGraph(graph(lines, 2))).toThrow(/where: job test, operator join.*job\.ts:\d+:1/);
});

it.each([
  ['one table for two joins', ['orders > join a', 'table > join a.1', 'join a > join b', 'table > join b.1']],
  ['a table that was joined with a table', ['rates > join rates', 'names > join rates.1', 'orders > join', 'join rates > join.1', 'names > join names.1', 'join > join names']],
  ['a table that is written down elsewhere', ['orders > join', 'table > join.1', 'table > report', 'orders > count']],
])('takes %s', (_, lines) => {
  for (const parallelism of [1, 2]) expect(buildJobGraph(graph(lines, parallelism)).vertices.length).toBeGreaterThan(0);
});

it('takes what meets a stream that is held at the source of its own chain, unless it waits for the end of that', () => {
  const both = ['orders > join', 'table > join.1', 'join > both', 'table > both.1', 'orders > either', 'table > either.1'];
  expect(buildJobGraph(graph(both, 1)).vertices.map((vertex) => vertex.name)).toEqual(['table', 'orders → join → both → either']);
  expect(() => buildJobGraph(graph(['orders > join', 'table > join.1', 'join > join late', 'orders > join late.1'], 1))).toThrow(/MR-1407.*"join late" waits for the end of "orders", which also feeds the input that it holds/);
});
