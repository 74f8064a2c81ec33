import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Hands the rows in the finished files of a folder to `take`. */
export function rowsOfFiles(folder: string, take: (row: object) => void): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.startsWith('.')) continue;
    for (const line of readFileSync(join(entry.parentPath, entry.name), 'utf8').split('\n')) {
      if (line !== '') take({ folder: entry.parentPath.slice(folder.length), row: JSON.parse(line) as unknown });
    }
  }
}
