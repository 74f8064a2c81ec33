import { GraphHasCycle } from './errors.js';
import type { StreamGraph } from './stream-graph.js';

/** The node ids in an order where each comes after all that feed it; ties keep the order of their making. */
export function topologicalOrder(graph: StreamGraph): number[] {
  const waitingFor = new Map(graph.nodes.map((node) => [node.id, 0]));
  for (const edge of graph.edges) waitingFor.set(edge.to, (waitingFor.get(edge.to) ?? 0) + 1);
  const ready = graph.nodes.filter((node) => waitingFor.get(node.id) === 0).map((node) => node.id);
  const order: number[] = [];
  for (let next = ready.shift(); next !== undefined; next = ready.shift()) {
    order.push(next);
    for (const edge of graph.edges) {
      if (edge.from !== next) continue;
      const left = (waitingFor.get(edge.to) as number) - 1;
      waitingFor.set(edge.to, left);
      if (left === 0) ready.push(edge.to);
    }
    ready.sort((a, b) => a - b);
  }
  if (order.length === graph.nodes.length) return order;
  const stuck = graph.nodes.filter((node) => !order.includes(node.id)).map((node) => `"${node.name}"`);
  throw GraphHasCycle.error({ what: `these operators feed each other: ${stuck.join(', ')}`, where: { job: graph.job } });
}
