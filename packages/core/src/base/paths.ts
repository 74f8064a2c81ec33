/**
 * Paths as text, POSIX style (Linux and macOS are what we run on). Nothing here looks at the disk: that is `Files`, and
 * containment under a root is `resolve-inside.ts`.
 */

/** Whether the path starts at the root. */
export function isAbsolutePath(path: string): boolean {
  return path.startsWith('/');
}

/** Without `.`, `..` that can be resolved, double and trailing slashes; an empty path becomes `.`. */
export function normalizePath(path: string): string {
  const absolute = isAbsolutePath(path);
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.length > 0 && parts[parts.length - 1] !== '..') parts.pop();
    else if (!absolute) parts.push('..');
  }
  const joined = parts.join('/');
  return absolute ? `/${joined}` : joined === '' ? '.' : joined;
}

/** The parts with slashes between them, normalized. A later absolute part does not replace what is before it. */
export function joinPath(...parts: readonly string[]): string {
  return normalizePath(parts.filter((part) => part !== '').join('/'));
}

/** The absolute path of one that may be relative to a directory. */
export function resolvePath(directory: string, path: string): string {
  return isAbsolutePath(path) ? normalizePath(path) : joinPath(directory, path);
}

/** The path of the containing directory: `/a` for `/a/b`, `.` for `b`. */
export function directoryOf(path: string): string {
  const plain = normalizePath(path);
  const slash = plain.lastIndexOf('/');
  return slash < 0 ? '.' : slash === 0 ? '/' : plain.slice(0, slash);
}

/** The last part of the path: `b` for `/a/b`. */
export function baseName(path: string): string {
  const plain = normalizePath(path);
  return plain.slice(plain.lastIndexOf('/') + 1);
}

/** The path of a `file:` URL. */
export function pathOfFileUrl(url: string): string {
  return decodeURIComponent(new URL(url).pathname);
}

/** The `file:` URL of an absolute path. */
export function fileUrlOfPath(path: string): string {
  return `file://${path.split('/').map(encodeURIComponent).join('/')}`;
}
