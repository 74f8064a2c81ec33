import { shippedSources } from '../lib/repo.mjs';
import { visit } from '../lib/source.mjs';

/** The page that documents every code; made by `write-errors-page.mjs`. */
export const ERRORS_PAGE = 'docs/reference/errors.md';

/** Which codes belong to whom, in the order of the page. The port of the platform declares what its implementations throw. */
export const RANGES = [
  { folder: 'packages/core/src/base/', from: 1000, to: 1099, title: 'The ground: bytes, durations, options' },
  { folder: 'packages/core/src/record/', from: 1100, to: 1199, title: 'Values, keys and types' },
  { folder: 'packages/core/src/functions/', from: 1200, to: 1299, title: 'Functions, windows and watermark strategies' },
  { folder: 'packages/core/src/state/', from: 1300, to: 1399, title: 'State, timers and snapshots' },
  { folder: 'packages/core/src/graph/', from: 1400, to: 1499, title: 'The job graph' },
  { folder: 'packages/core/src/connector/', from: 1500, to: 1599, title: 'Sources and sinks, in general' },
  { folder: 'packages/core/src/checkpoint/', from: 1600, to: 1699, title: 'Checkpoints' },
  { folder: 'packages/core/src/operators/', from: 2000, to: 2099, title: 'Operators' },
  { folder: 'packages/core/src/formats/', from: 2100, to: 2199, title: 'Formats' },
  { folder: 'packages/core/src/task/', from: 2200, to: 2299, title: 'Subtasks' },
  { folder: 'packages/core/src/runtime/', from: 2300, to: 2399, title: 'Running a job' },
  { folder: 'packages/core/src/stores/', from: 2400, to: 2499, title: 'Checkpoint stores' },
  { folder: 'packages/core/src/connectors/', from: 2500, to: 2599, title: 'Built-in connectors' },
  { folder: 'packages/core/src/api/', from: 2600, to: 2699, title: 'Building a job' },
  { folder: 'packages/core/src/testing/', from: 2700, to: 2799, title: 'The test kit' },
  { folder: 'packages/core/src/base/platform-', from: 2800, to: 2899, title: 'Files, memory and network' },
  { folder: 'packages/core/src/platform/', from: 2800, to: 2899, title: 'The platform' },
  { folder: 'packages/millrace/src/', from: 3000, to: 3099, title: 'The command line' },
  { folder: 'packages/kafka/src/', from: 4000, to: 4099, title: 'Kafka' },
  { folder: 'packages/event-log/src/', from: 4100, to: 4199, title: 'The event log' },
  { folder: 'packages/schema-registry/src/', from: 4200, to: 4219, title: 'Schema registries' },
  { folder: 'packages/avro/src/', from: 4220, to: 4239, title: 'Avro' },
  { folder: 'packages/protobuf/src/', from: 4240, to: 4259, title: 'Protocol Buffers' },
  { folder: 'packages/json-schema/src/', from: 4260, to: 4279, title: 'JSON Schema' },
];

/** The range of a file (the longest matching name wins), undefined where none is given out. */
export const rangeOf = (path) => RANGES.filter(({ folder }) => path.startsWith(folder)).sort((a, b) => b.folder.length - a.folder.length)[0];

/**
 * Every `export const Name = defineError({ … })` in the sources: `{ name, code, title, explanation, remedy, file, line }`.
 * A field that is not a plain string is undefined, which the check reports.
 */
export function errorDeclarations(repo) {
  return shippedSources(repo).filter((path) => repo.read(path).includes('defineError(')).flatMap((file) => {
    const source = repo.source(file);
    const found = [];
    visit(source.program, (node, parent) => {
      if (node.type !== 'CallExpression' || node.callee.name !== 'defineError') return;
      const fields = node.arguments[0]?.type === 'ObjectExpression' ? node.arguments[0].properties : [];
      const field = (name) => text(fields.find((property) => property.key?.name === name)?.value);
      found.push({
        name: parent?.type === 'VariableDeclarator' ? parent.id.name : undefined,
        code: field('code'), title: field('title'), explanation: field('explanation'), remedy: field('remedy'),
        file, line: source.lineOf(node.start),
      });
    });
    return found;
  });
}

/** The value of a literal, of a template without holes, or of such parts joined with `+`. */
function text(node) {
  if (node === undefined) return undefined;
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type === 'TemplateLiteral' && node.expressions.length === 0) return node.quasis[0].value.cooked;
  if (node.type !== 'BinaryExpression' || node.operator !== '+') return undefined;
  const [left, right] = [text(node.left), text(node.right)];
  return left === undefined || right === undefined ? undefined : left + right;
}
