import type { Plan, PlanEdge, PlanOperator, PlanRead } from './plan.js';

/** The plan as a Mermaid flow chart, for pages that show such: a frame per chain, an arrow per connection. */
export function planAsMermaid(plan: Plan): string {
  const lines = ['flowchart LR'];
  for (const vertex of plan.vertices) {
    lines.push(`  subgraph v${vertex.id}["${vertex.id} · × ${vertex.parallelism}"]`);
    for (const operator of vertex.operators) lines.push(`    ${shape(operator)}`);
    for (const operator of vertex.operators) {
      if (operator.calledBy !== undefined) lines.push(`    n${operator.calledBy} ${arrow(operator.sideOutput)} n${operator.id}`);
      for (const read of operator.readsAlso ?? []) lines.push(`    n${read.operator} ${arrow(readLabel(read))} n${operator.id}`);
    }
    lines.push('  end');
  }
  for (const edge of plan.edges) lines.push(`  n${edge.fromOperator} ${arrow(labelOf(edge))} n${edge.toOperator}`);
  return `${lines.join('\n')}\n`;
}

/** Sources and sinks have rounded ends, state has the shape of a drum. */
function shape(operator: PlanOperator): string {
  const label = escape(operator.name === operator.type ? operator.name : `${operator.name}\n${operator.type}`);
  if (operator.kind !== 'operator') return `n${operator.id}(["${label}"])`;
  return operator.stateful ? `n${operator.id}[("${label}")]` : `n${operator.id}["${label}"]`;
}

function arrow(label: string | undefined): string {
  return label === undefined ? '-->' : `-->|"${escape(label)}"|`;
}

function labelOf(edge: PlanEdge): string {
  const parts: string[] = [edge.partitioning];
  if (edge.sideOutput !== undefined) parts.push(`side ${edge.sideOutput}`);
  if (edge.input > 0) parts.push(`input ${edge.input + 1}`);
  return parts.join(', ');
}

function readLabel({ input, sideOutput }: PlanRead): string {
  return `${sideOutput === undefined ? '' : `side ${sideOutput}, `}input ${input + 1}`;
}

const ENTITIES: Readonly<Record<string, string>> = { '#': '#35;', '"': '#quot;', '<': '#lt;', '>': '#gt;', '&': '#amp;', '\n': '<br/>' };

/** Names are the user's: nothing in them may end the label or start markup. */
function escape(text: string): string {
  return text.replaceAll(/[#"<>&\n]/g, (character) => ENTITIES[character] ?? character);
}
