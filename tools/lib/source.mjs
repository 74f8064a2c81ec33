import { parseSync, visitorKeys } from 'oxc-parser';

/**
 * Parses a TypeScript or JavaScript file. `code` is the text with comments, strings, template text and regular
 * expressions blanked out (same length, same lines), so that a search in it finds code only.
 */
export function parseSource(path, text) {
  const result = parseSync(path, text);
  const lineStarts = [0];
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) === 10) lineStarts.push(i + 1);
  return {
    path,
    text,
    program: result.program,
    comments: result.comments,
    module: result.module,
    errors: result.errors,
    get code() {
      const code = blank(text, result);
      Object.defineProperty(this, 'code', { value: code });
      return code;
    },
    /** The line of an offset, from 1. */
    lineOf: (offset) => lineOf(lineStarts, offset),
  };
}

function lineOf(lineStarts, offset) {
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (lineStarts[middle] <= offset) low = middle;
    else high = middle - 1;
  }
  return low + 1;
}

function blank(text, { program, comments }) {
  const ranges = comments.map(({ start, end }) => [start, end]);
  visit(program, (node) => {
    if (node.type === 'Literal' && (typeof node.value === 'string' || node.regex)) ranges.push([node.start, node.end]);
    else if (node.type === 'TemplateElement') ranges.push([node.start, node.end]);
  });
  ranges.sort((a, b) => a[0] - b[0]);
  let out = '';
  let at = 0;
  for (const [start, end] of ranges) {
    if (start < at) continue;
    out += text.slice(at, start) + text.slice(start, end).replace(/[^\n]/g, ' ');
    at = end;
  }
  return out + text.slice(at);
}

/** Calls `enter(node, parent)` for every node of a tree, parents first. */
export function visit(node, enter, parent = null) {
  enter(node, parent);
  for (const key of visitorKeys[node.type] ?? []) {
    const child = node[key];
    if (Array.isArray(child)) {
      for (const item of child) if (item !== null && item !== undefined) visit(item, enter, node);
    } else if (child !== null && child !== undefined) visit(child, enter, node);
  }
}

/**
 * Everything a file imports, types included: `import`, `export … from`, `import('…')` as expression and as type.
 * Each entry has the specifier, the line and whether it only brings types.
 */
export function importsOf(source) {
  const found = [];
  const add = (specifier, offset, typeOnly) => found.push({ specifier, line: source.lineOf(offset), typeOnly });
  visit(source.program, (node) => {
    switch (node.type) {
      case 'ImportDeclaration':
        add(node.source.value, node.start, node.importKind === 'type');
        break;
      case 'ExportNamedDeclaration':
      case 'ExportAllDeclaration':
        if (node.source) add(node.source.value, node.start, node.exportKind === 'type');
        break;
      case 'ImportExpression':
        if (node.source.type === 'Literal' && typeof node.source.value === 'string') add(node.source.value, node.start, false);
        break;
      case 'TSImportType': {
        const argument = node.source ?? node.argument;
        const literal = argument?.type === 'TSLiteralType' ? argument.literal : argument;
        if (typeof literal?.value === 'string') add(literal.value, node.start, true);
        break;
      }
      default:
    }
  });
  return found;
}
