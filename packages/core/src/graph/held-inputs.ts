import { StreamsWaitForEachOther } from './errors.js';
import type { StreamEdge, StreamGraph, StreamNode } from './stream-graph.js';

/**
 * Refuses graphs in which an operator that holds an input waits for ever.
 *
 * It waits for the end of its other inputs. Until then all that feeds the held input stands still, once the channels are full; what
 * that feeds besides stands still too; and with a checkpoint under way also what is behind the operator, since the barrier
 * is stuck before it. If what it waits for has to pass by one of these, neither comes to an end. The same holds for several such operators
 * in a round. How much channels hold is not asked. One that holds the source of its own chain (`isHeldAtSource`) lets barriers pass and fills no channel:
 * only the end of that source must not be waited for.
 */
export function checkHeldInputs(graph: StreamGraph, order: readonly number[], isHeldAtSource: (node: number) => boolean): void {
  const holders = graph.nodes.filter((node) => node.holdsInput !== undefined);
  if (holders.length === 0) return;
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  /** What leads to an input that is waited for: it is read whatever happens, and nothing comes out before its end. */
  const isWaitedFor = ({ to, input }: StreamEdge): boolean => {
    const { holdsInput } = nodes.get(to) as StreamNode;
    return holdsInput !== undefined && holdsInput !== input;
  };
  const others = graph.edges.filter((edge) => !isWaitedFor(edge));
  const waits = holders.map((holder): Wait => {
    const into = graph.edges.filter((edge) => edge.to === holder.id);
    const needed = reached(graph.edges, into.filter(isWaitedFor).map(({ from }) => from), 'up');
    const heldBack = reached(others, into.filter((edge) => !isWaitedFor(edge)).map(({ from }) => from), 'up');
    return { holder, needed, passed: reached(others, needed, 'down'), heldBack, still: isHeldAtSource(holder.id) ? undefined : reached(graph.edges, [...heldBack, holder.id], 'down') };
  });
  const round = roundOf(waits);
  if (round !== undefined) throw StreamsWaitForEachOther.error(detailsOf(graph, round, order, others, nodes));
}

/** For each operator that holds an input: all that has to come to its end before the operator goes on. */
export function neededByHolders(graph: StreamGraph): readonly ReadonlySet<number>[] {
  const holders = graph.nodes.filter((node) => node.holdsInput !== undefined);
  return holders.map(({ id, holdsInput }) => reached(graph.edges, graph.edges.filter(({ to, input }) => to === id && input !== holdsInput).map(({ from }) => from), 'up'));
}

/** What one operator that holds an input waits for, and what waits for it. */
interface Wait {
  readonly holder: StreamNode;
  /** All that has to come to its end before the operator goes on. */
  readonly needed: ReadonlySet<number>;
  /** What that has to pass by. */
  readonly passed: ReadonlySet<number>;
  /** What feeds the held input. */
  readonly heldBack: ReadonlySet<number>;
  /** What may stand still until the operator goes on; undefined where only records are missing, those of a source. */
  readonly still: ReadonlySet<number> | undefined;
}

/** The nodes from which, or to which, edges lead, with the first ones. */
function reached(edges: readonly StreamEdge[], first: Iterable<number>, way: 'up' | 'down'): Set<number> {
  const found = new Set(first);
  for (const node of found) {
    for (const { from, to } of edges) {
      if (way === 'up' && to === node) found.add(from);
      else if (way === 'down' && from === node) found.add(to);
    }
  }
  return found;
}

/** Operators each of which waits for the next, and the last for the first. */
function roundOf(waits: readonly Wait[]): Wait[] | undefined {
  const waitsFor = (one: Wait, { still, heldBack }: Wait): boolean => (still === undefined ? [...one.needed].some((node) => heldBack.has(node)) : [...one.passed].some((node) => still.has(node)));
  const cleared = new Set<Wait>();
  const follow = (path: readonly Wait[]): Wait[] | undefined => {
    for (const next of waits.filter((other) => !cleared.has(other) && waitsFor(path.at(-1) as Wait, other))) {
      const at = path.indexOf(next);
      const round = at >= 0 ? path.slice(at) : follow([...path, next]);
      if (round !== undefined) return round;
    }
    cleared.add(path.at(-1) as Wait);
    return undefined;
  };
  for (const wait of waits) {
    const round = follow([wait]);
    if (round !== undefined) return round;
  }
  return undefined;
}

function detailsOf(
  { job }: StreamGraph, round: readonly Wait[], order: readonly number[], edges: readonly StreamEdge[], nodes: ReadonlyMap<number, StreamNode>,
): Parameters<typeof StreamsWaitForEachOther.error>[0] {
  const { holder, needed, heldBack, still } = round[0] as Wait;
  const where = { job, operator: holder.name, ...(holder.definedAt === undefined ? {} : { definedAt: holder.definedAt }) };
  if (round.length > 1) return { what: `${round.map((wait) => `"${wait.holder.name}"`).join(', ')} wait for each other: what one of them waits for stands still until the next goes on`, where };
  const nameOf = (node: number): string => `"${(nodes.get(node) as StreamNode).name}"`;
  for (const origin of order.filter((node) => needed.has(node))) {
    const met = reached(edges, [origin], 'down');
    const meeting = order.find((node) => met.has(node) && (still ?? heldBack).has(node));
    if (meeting === undefined) continue;
    const reaches = heldBack.has(meeting) || meeting === holder.id ? 'also feeds the input that it holds until then' : `also feeds ${nameOf(meeting)}, which can stand still until "${holder.name}" goes on`;
    return { what: `"${holder.name}" waits for the end of ${nameOf(origin)}, which ${reaches}`, where };
  }
  return { what: `"${holder.name}" waits for what stands still until it goes on`, where };
}
