import { flatReferences, type SchemaDefinition } from '@millrace/schema-registry';
import type { ProtoFile } from './proto-files.js';

/** The files that a file imports as they are registered: under the subject that they are given, or else their name. */
export function importedSchemas(file: ProtoFile, given: readonly SchemaDefinition[] = []): readonly SchemaDefinition[] {
  const known = new Map(flatReferences(given).map((one) => [one.name, one]));
  const importedBy = (name: string, above: readonly string[]): readonly SchemaDefinition[] =>
    file.imports.get(name)!.filter((one) => file.texts.has(one) && !above.includes(one)).map((one) => {
      const { subject = one, version } = known.get(one) ?? {};
      return { name: one, schema: file.texts.get(one)!, subject, ...(version === undefined ? {} : { version }), references: importedBy(one, [...above, one]) };
    });
  return importedBy(file.name, [file.name]);
}
