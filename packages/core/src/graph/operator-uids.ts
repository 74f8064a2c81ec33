import { DuplicateUid } from './errors.js';
import { stableHash } from './stable-hash.js';
import type { StreamGraph, StreamNode } from './stream-graph.js';

/**
 * The stable name of each operator's state: the uid the user gave, or one derived from the operator's kind and all that
 * feeds it. A derived uid survives a change of names, code and parallelism, but not of the graph's shape before it; that
 * is why stateful operators deserve a uid of their own.
 */
export function deriveUids(graph: StreamGraph, order: readonly number[]): Map<number, string> {
  const uids = new Map<number, string>();
  const taken = new Map<string, StreamNode>();
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  for (const id of order) {
    const node = nodes.get(id) as StreamNode;
    if (node.uid !== undefined) claim(graph, taken, node.uid, node);
  }
  for (const id of order) {
    const node = nodes.get(id) as StreamNode;
    uids.set(id, node.uid ?? freeUid(graph, node, uids, taken));
  }
  return uids;
}

function freeUid(graph: StreamGraph, node: StreamNode, uids: ReadonlyMap<number, string>, taken: Map<string, StreamNode>): string {
  const feeds = graph.edges
    .filter((edge) => edge.to === node.id)
    .map((edge) => `${edge.input}<${edge.sideOutput ?? ''}<${uids.get(edge.from) ?? ''}`);
  const shape = `${node.type}|${feeds.join('|')}`;
  // Twins (the same kind behind the same input) are told apart by their order.
  for (let twin = 0; ; twin++) {
    const uid = `${node.type}-${stableHash(`${shape}#${twin}`)}`;
    if (taken.has(uid)) continue;
    taken.set(uid, node);
    return uid;
  }
}

function claim(graph: StreamGraph, taken: Map<string, StreamNode>, uid: string, node: StreamNode): void {
  const other = taken.get(uid);
  if (other !== undefined) {
    throw DuplicateUid.error({
      what: `"${other.name}" and "${node.name}" both have the uid "${uid}"`,
      where: { job: graph.job, operator: node.name, ...(node.definedAt === undefined ? {} : { definedAt: node.definedAt }) },
    });
  }
  taken.set(uid, node);
}
