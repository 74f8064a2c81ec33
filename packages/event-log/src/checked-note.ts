import { decodeUtf8, encodeUtf8, type Files } from '@millrace/core/spi';
import { checksumOf } from './frame-header.js';

/** Writes plain data into a small file that is either whole or as it was before: JSON and its checksum, a line each. */
export function writeNote(files: Files, path: string, note: unknown): void {
  const text = JSON.stringify(note);
  const temporary = `${path}.tmp`;
  files.writeFile(temporary, `${text}\n${checksumOf(encodeUtf8(text))}\n`, { sync: true });
  files.rename(temporary, path);
}

/** Reads such a file; undefined when it is missing or damaged. */
export function readNote(files: Files, path: string): unknown {
  if (!files.exists(path)) return undefined;
  try {
    const [text = '', checksum] = decodeUtf8(files.readFile(path)).split('\n');
    return String(checksumOf(encodeUtf8(text))) === checksum ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
