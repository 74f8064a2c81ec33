import type { Plan, PlanEdge, PlanOperator, PlanRead, PlanVertex } from './plan.js';

/** The plan as a text for people: one block per chain, the operators as a tree, and under them where records go. */
export function planAsText(plan: Plan): string {
  const head = [`${plan.job}`, `parallelism ${plan.parallelism}`, `${plan.maxParallelism} key groups`, `fingerprint ${plan.fingerprint}`].join(' · ');
  const blocks = plan.vertices.map((vertex) => vertexLines(vertex, plan).join('\n'));
  const notes = plan.notes.length === 0 ? [] : [['notes', ...plan.notes.map((note) => `  - ${note}`)].join('\n')];
  return `${[head, ...blocks, ...notes].join('\n\n')}\n`;
}

function vertexLines(vertex: PlanVertex, plan: Plan): string[] {
  const groups = vertex.maxParallelism === plan.maxParallelism ? '' : `, ${vertex.maxParallelism} key groups`;
  const lines = [`[${vertex.id}] ${vertex.parallelism} ${vertex.parallelism === 1 ? 'subtask' : 'subtasks'}${groups}`];
  const depths = new Map<number, number>();
  for (const operator of vertex.operators) {
    const depth = operator.calledBy === undefined ? 0 : (depths.get(operator.calledBy) ?? 0) + 1;
    depths.set(operator.id, depth);
    const indent = '    '.repeat(depth);
    lines.push(`  ${indent}${operatorLine(operator)}`);
    for (const edge of plan.edges) {
      if (edge.fromOperator === operator.id) lines.push(`  ${indent}    ${edgeText(edge, plan)}`);
    }
    for (const reader of vertex.operators) {
      for (const read of reader.readsAlso ?? []) if (read.operator === operator.id) lines.push(`  ${indent}    ${readText(read, reader)}`);
    }
  }
  return lines;
}

function operatorLine(operator: PlanOperator): string {
  const side = operator.sideOutput === undefined ? '' : `side output "${operator.sideOutput}" → `;
  const what = operator.type === operator.name ? '' : ` (${operator.type})`;
  const facts = [...factsOf(operator)];
  return `${side}${operator.name}${what}${facts.length === 0 ? '' : `: ${facts.join(', ')}`}`;
}

function* factsOf(operator: PlanOperator): Generator<string> {
  if (operator.source !== undefined) {
    yield operator.source.bounded ? 'ends by itself' : 'never ends by itself';
    yield operator.source.replayable ? 'can be read again' : 'cannot be read again';
  }
  if (operator.guarantee !== undefined) yield operator.guarantee === 'none' ? 'no guarantee' : operator.guarantee;
  if (operator.stateful) yield 'keeps state';
  for (const [name, value] of Object.entries(operator.details ?? {})) {
    // Told above, in words.
    if (operator.source !== undefined && (name === 'bounded' || name === 'replayable')) continue;
    yield `${name} ${value}`;
  }
  yield `uid ${operator.uid}${operator.uidGiven ? '' : ' (derived)'}`;
  if (operator.definedAt !== undefined) yield `at ${shortPlace(operator.definedAt)}`;
}

function edgeText(edge: PlanEdge, plan: Plan): string {
  const side = edge.sideOutput === undefined ? '' : ` (side output "${edge.sideOutput}")`;
  const input = edge.input === 0 ? '' : `, input ${edge.input + 1}`;
  const reduced = edge.preReduced === true ? ', reduced before' : '';
  // The head is what one expects; any other operator of the chain has to be named.
  const [head, ...others] = plan.vertices[edge.to - 1]?.operators ?? [];
  const name = edge.toOperator === head?.id ? '' : ` of ${others.find(({ id }) => id === edge.toOperator)?.name ?? ''}`;
  return `→ [${edge.to}] ${edge.partitioning}${reduced}${input}${name}${side}`;
}

function readText({ input, sideOutput }: PlanRead, reader: PlanOperator): string {
  const side = sideOutput === undefined ? '' : ` (side output "${sideOutput}")`;
  return `→ ${reader.name}, input ${input + 1}${side}`;
}

/** `job.ts:12` for `/app/jobs/job.ts:12:5`: in a plan the file's name is enough. */
function shortPlace(place: string): string {
  return place.slice(place.lastIndexOf('/') + 1).replace(/:\d+$/, '');
}
