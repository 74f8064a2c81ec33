import { describe, expect, it } from 'vitest';
import { planAsMermaid } from './plan-mermaid.js';
import { planAsText } from './plan-text.js';
import { planOf, type Plan } from './plan.js';
import type { StreamGraph } from './stream-graph.js';

const orders: StreamGraph = {
  job: 'order-statistics',
  parallelism: 2,
  maxParallelism: 128,
  nodes: [
    { id: 1, kind: 'source', type: 'file-source', name: 'orders', chaining: 'always', inputs: 0, stateful: true, details: { bounded: true, replayable: true, watermarks: 'boundedOutOfOrderness' }, definedAt: '/app/job.ts:9:7' },
    { id: 2, kind: 'operator', type: 'map', name: 'cents', chaining: 'always', inputs: 1, stateful: false },
    { id: 3, kind: 'operator', type: 'tumbling-window', name: 'windows', uid: 'ten-minutes', chaining: 'always', inputs: 1, stateful: true, details: { size: '10 min' }, definedAt: '/app/job.ts:12:8' },
    { id: 4, kind: 'sink', type: 'file-sink', name: 'statistics', chaining: 'always', inputs: 1, stateful: true, guarantee: 'exactly-once' },
    { id: 5, kind: 'sink', type: 'print-sink', name: 'late "ones" <b>', parallelism: 1, chaining: 'always', inputs: 1, stateful: false, guarantee: 'at-least-once' },
  ],
  edges: [
    { id: 1, from: 1, to: 2, input: 0, partitioning: 'forward' },
    { id: 2, from: 2, to: 3, input: 0, partitioning: 'hash' },
    { id: 3, from: 3, to: 4, input: 0, partitioning: 'forward' },
    { id: 4, from: 3, to: 5, input: 0, partitioning: 'rebalance', sideOutput: 'late' },
  ],
};

describe('planOf', () => {
  it('gives the chains with their operators, and the edges between them, as plain JSON', () => {
    const plan = planOf(orders);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    expect(plan.vertices.map((vertex) => [vertex.id, vertex.name, vertex.parallelism])).toEqual([[1, 'orders → cents', 2], [2, 'windows → statistics', 2], [3, 'late "ones" <b>', 1]]);
    expect(plan.edges).toEqual([
      { from: 1, fromOperator: 2, to: 2, toOperator: 3, input: 0, partitioning: 'hash' },
      { from: 2, fromOperator: 3, to: 3, toOperator: 5, input: 0, partitioning: 'rebalance', sideOutput: 'late' },
    ]);
    expect(plan.vertices[0]?.operators[0]?.source).toEqual({ bounded: true, replayable: true });
    expect(plan.vertices[1]?.operators.map((operator) => [operator.uid, operator.uidGiven, operator.calledBy])).toEqual([
      ['ten-minutes', true, undefined],
      [expect.stringMatching(/^file-sink-[0-9a-f]{16}$/), false, 3],
    ]);
  });

  it('joins everything at parallelism 1 and keeps keyed edges apart in check mode', () => {
    expect(planOf({ ...orders, parallelism: 1 }).vertices).toHaveLength(1);
    expect(planOf({ ...orders, parallelism: 1 }, { check: true }).vertices.length).toBeGreaterThan(1);
  });

  it('names what is weak: sources that cannot be read again, sinks that repeat, state without a uid', () => {
    const weak: StreamGraph = {
      ...orders,
      nodes: orders.nodes.map(({ uid, ...node }) => ({
        ...node,
        ...(uid === undefined || node.id === 3 ? {} : { uid }),
        ...(node.kind === 'source' ? { unbounded: true, details: { replayable: false } } : {}),
        ...(node.id === 4 ? { guarantee: 'none' } : {}),
      })),
    };
    const plan = planOf(weak);
    expect(plan.vertices[0]?.operators[0]?.source).toEqual({ bounded: false, replayable: false });
    expect(plan.notes).toHaveLength(4);
    expect(plan.notes[0]).toContain('"orders" cannot be read again');
    expect(plan.notes[1]).toContain('"windows" keeps state under a uid that follows from the graph');
    expect(plan.notes[2]).toContain('"statistics" promises nothing');
    expect(plan.notes[3]).toContain('is at-least-once');
    expect(planOf(orders).notes).toEqual([expect.stringContaining('at-least-once')]);
  });
});

describe('planAsText', () => {
  it('shows each chain as a tree, with where its records go', () => {
    const text = planAsText(planOf(orders)).replaceAll(/-[0-9a-f]{16}/g, '-HASH').replace(/fingerprint \w+/, 'fingerprint HASH');
    expect(text).toBe(`order-statistics · parallelism 2 · 128 key groups · fingerprint HASH

[1] 2 subtasks
  orders (file-source): ends by itself, can be read again, keeps state, watermarks boundedOutOfOrderness, uid file-source-HASH (derived), at job.ts:9
      cents (map): uid map-HASH (derived)
          → [2] hash

[2] 2 subtasks
  windows (tumbling-window): keeps state, size 10 min, uid ten-minutes, at job.ts:12
      → [3] rebalance (side output "late")
      statistics (file-sink): exactly-once, keeps state, uid file-sink-HASH (derived)

[3] 1 subtask
  late "ones" <b> (print-sink): at-least-once, uid print-sink-HASH (derived)

notes
  - The sink "late "ones" <b>" is at-least-once: after a restart it may write rows a second time.
`);
  });

  it('tells inputs and side outputs within a chain', () => {
    const joined: StreamGraph = {
      ...orders,
      parallelism: 1,
      nodes: [
        { id: 1, kind: 'source', type: 's', name: 'left', chaining: 'always', inputs: 0, stateful: false, unbounded: true },
        { id: 2, kind: 'source', type: 's', name: 'right', chaining: 'always', inputs: 0, stateful: false, details: { replayable: false } },
        { id: 3, kind: 'operator', type: 'join', name: 'join', chaining: 'always', inputs: 2, stateful: true, maxParallelism: 64 },
        { id: 4, kind: 'sink', type: 'discard', name: 'discard', chaining: 'always', inputs: 1, stateful: false, maxParallelism: 64, guarantee: 'none' },
      ],
      edges: [
        { id: 1, from: 1, to: 3, input: 0, partitioning: 'hash' },
        { id: 2, from: 2, to: 3, input: 1, partitioning: 'hash' },
        { id: 3, from: 3, to: 4, input: 0, partitioning: 'forward', sideOutput: 'late' },
      ],
    };
    const text = planAsText(planOf(joined));
    expect(text).toContain('→ [3] hash, input 2');
    expect(text).toContain('[3] 1 subtask, 64 key groups');
    expect(text).toContain('side output "late" → discard: no guarantee');
    expect(text).toContain('left (s): never ends by itself, can be read again');
    expect(text).toContain('right (s): ends by itself, cannot be read again');
  });

  it('tells which operator of a chain an edge leads to, and what further inputs read within it', () => {
    const plan = (from: number): Plan => planOf({
      ...orders,
      parallelism: 1,
      nodes: [
        { id: 1, kind: 'source', type: 's', name: 'bids', chaining: 'always', inputs: 0, stateful: false },
        { id: 2, kind: from === 2 ? 'source' : 'operator', type: 'rows', name: 'rows', chaining: 'always', inputs: from === 2 ? 0 : 1, stateful: false },
        { id: 3, kind: 'operator', type: 'look-up', name: 'prices', uid: 'prices', chaining: 'always', inputs: 2, stateful: true },
      ],
      edges: [{ id: 1, from: 1, to: 3, input: 0, partitioning: 'forward' }, { id: 2, from: 2, to: 3, input: 1, partitioning: 'broadcast' }, ...(from === 2 ? [] : [{ id: 3, from: 1, to: 2, input: 0, partitioning: 'forward' as const }])],
    });
    expect(planAsText(plan(2))).toContain('→ [2] broadcast, input 2 of prices');
    expect(plan(2).edges).toEqual([{ from: 1, fromOperator: 2, to: 2, toOperator: 3, input: 1, partitioning: 'broadcast' }]);
    expect(planAsMermaid(plan(2))).toContain('n2 -->|"broadcast, input 2"| n3');
    expect(plan(1).vertices[0]?.operators.at(-1)).toMatchObject({ calledBy: 1, readsAlso: [{ input: 1, operator: 2 }] });
    expect(planAsText(plan(1))).toContain('→ prices, input 2');
    expect(planAsMermaid(plan(1))).toContain('n2 -->|"input 2"| n3');
  });
});

describe('planAsMermaid', () => {
  it('draws chains as frames and escapes what names may hold', () => {
    expect(planAsMermaid(planOf(orders))).toBe(`flowchart LR
  subgraph v1["1 · × 2"]
    n1(["orders<br/>file-source"])
    n2["cents<br/>map"]
    n1 --> n2
  end
  subgraph v2["2 · × 2"]
    n3[("windows<br/>tumbling-window")]
    n4(["statistics<br/>file-sink"])
    n3 --> n4
  end
  subgraph v3["3 · × 1"]
    n5(["late #quot;ones#quot; #lt;b#gt;<br/>print-sink"])
  end
  n2 -->|"hash"| n3
  n3 -->|"rebalance, side late"| n5
`);
  });
});
