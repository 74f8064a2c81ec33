import { posix } from 'node:path';
import { shippedSources } from '../../lib/repo.mjs';
import { importsOf } from '../../lib/source.mjs';
import { violation } from '../violation.mjs';

/** No file reaches itself through its imports, types included. */
export const cycles = {
  name: 'cycles',
  run(repo) {
    const graph = importGraph(repo);
    return stronglyConnected(graph)
      .filter((group) => group.length > 1)
      .map((group) => {
        const ring = shortestRing(graph, group);
        const why = `${ring.map((path) => path.replace(/^packages\//, '')).join(' → ')} import each other`;
        return violation(ring[0], 0, 'cycles', why, 'move what both need into a file of its own below them');
      });
  },
};

function importGraph(repo) {
  const graph = new Map();
  for (const path of shippedSources(repo)) {
    const targets = importsOf(repo.source(path))
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier }) => posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts'));
    graph.set(path, [...new Set(targets)].filter((target) => repo.has(target)));
  }
  return graph;
}

/** Tarjan's algorithm: groups of nodes that reach each other. */
export function stronglyConnected(graph) {
  const groups = [];
  const state = new Map();
  const stack = [];
  const enter = (node) => {
    const own = { index: state.size, low: state.size, open: true };
    state.set(node, own);
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      const known = state.get(next);
      if (known === undefined) own.low = Math.min(own.low, enter(next).low);
      else if (known.open) own.low = Math.min(own.low, known.index);
    }
    if (own.low === own.index) {
      const group = stack.splice(stack.indexOf(node));
      for (const member of group) state.get(member).open = false;
      groups.push(group.sort());
    }
    return own;
  };
  for (const node of graph.keys()) if (!state.has(node)) enter(node);
  return groups;
}

/** The shortest way from the group's first file back to a file of it that was there before: a cycle to read. */
function shortestRing(graph, group) {
  const members = new Set(group);
  let best = group;
  for (const start of group) {
    const before = new Map([[start, null]]);
    const queue = [start];
    for (const node of queue) {
      for (const next of graph.get(node)) {
        if (next === start) {
          const ring = [];
          for (let at = node; at !== null; at = before.get(at)) ring.unshift(at);
          if (ring.length < best.length || best === group) best = ring;
        } else if (members.has(next) && !before.has(next)) {
          before.set(next, node);
          queue.push(next);
        }
      }
    }
  }
  return [...best, best[0]];
}
