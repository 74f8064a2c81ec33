import type { TypeNode } from '../types/type-info.js';
import { fieldExpression, generateFunction } from './code-generation.js';
import { isObjectType, prototypeOf } from './generated.js';
import { presenceOf } from './presence.js';
import type { TextBlock } from './text-block.js';

/** Notes the texts of a value in the order in which the writer of its type writes them. */
export type TextNotes = (value: unknown, texts: TextBlock) => void;

/**
 * What notes the texts of the values of a type; null for types that have none in places where `generateWriter` would look for
 * them. A value that is none of the type has some of its texts noted, or none: it is the writer that refuses it.
 */
export function generateTextNotes(type: TypeNode): TextNotes | null {
  if (type.kind === 'list' && isObjectType(type.element)) return notesOfList(generateTextNotes(type.element));
  if (!isObjectType(type)) return null;
  const parts: Record<string, unknown> = {};
  const body: string[] = [];
  type.fields.forEach((field, at) => {
    const { solid } = presenceOf(field.type);
    const inner = solid.kind === 'string' ? null : generateTextNotes(solid);
    if (solid.kind !== 'string' && inner === null) return;
    body.push(`x = ${fieldExpression('v', field.name, prototypeOf(type))};`);
    if (inner === null) body.push(`if (typeof x === 'string') b.note(x);`);
    else {
      parts[`inner${at}`] = inner;
      body.push(`inner${at}(x, b);`);
    }
  });
  if (body.length === 0) return null;
  return generateFunction(['v', 'b'], { ...parts, hasOwn: Object.hasOwn }, `if (typeof v !== 'object' || v === null) return;\nlet x;\n${body.join('\n')}`) as TextNotes;
}

function notesOfList(element: TextNotes | null): TextNotes | null {
  if (element === null) return null;
  return (value, texts) => {
    if (!Array.isArray(value)) return;
    for (let at = 0; at < value.length; at++) element(value[at], texts);
  };
}
