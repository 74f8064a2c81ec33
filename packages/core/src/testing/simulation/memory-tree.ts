import type { SeededRandom } from './seeded-random.js';

/** Content becomes durable in pages; a crash may keep one and lose the next. */
const PAGE = 512;

/**
 * What a crash of the machine does to what was not synced:
 * - `lose`: all of it is gone;
 * - `tear`: the seed decides, page by page and name by name;
 * - `keep`: nothing is lost, as when only the process died.
 */
export type CrashMode = 'keep' | 'lose' | 'tear';

/** A file in memory: what a reader sees, and what a crash leaves. */
export class MemoryFile {
  readonly kind = 'file';
  readonly inode: number;
  size: number;
  mtimeMs: number;
  permissions: number;
  #content: Uint8Array;
  #durable: Uint8Array;
  #dirty: boolean;

  constructor(inode: number, mtimeMs: number, permissions: number) {
    this.inode = inode;
    this.size = 0;
    this.mtimeMs = mtimeMs;
    this.permissions = permissions;
    this.#content = new Uint8Array(0);
    this.#durable = new Uint8Array(0);
    this.#dirty = false;
  }

  read(into: Uint8Array, position: number): number {
    const count = Math.max(0, Math.min(into.length, this.size - position));
    into.set(this.#content.subarray(position, position + count));
    return count;
  }

  write(bytes: Uint8Array, position: number): void {
    this.#reserve(position + bytes.length);
    this.#content.set(bytes, position);
    this.size = Math.max(this.size, position + bytes.length);
    this.#dirty = true;
  }

  truncate(size: number): void {
    this.#reserve(size);
    if (size < this.size) this.#content.fill(0, size, this.size);
    this.size = size;
    this.#dirty = true;
  }

  sync(): void {
    if (this.#dirty) this.#durable = this.#content.slice(0, this.size);
    this.#dirty = false;
  }

  crash(mode: CrashMode, random: SeededRandom): void {
    if (!this.#dirty || mode === 'keep') return;
    this.#content = mode === 'lose' ? this.#durable.slice() : this.#torn(random);
    this.size = this.#content.length;
    this.sync();
  }

  /** Each page is the new or the old one; what was added may be cut anywhere, and may be zeros. */
  #torn(random: SeededRandom): Uint8Array {
    const shorter = Math.min(this.#durable.length, this.size);
    const longer = Math.max(this.#durable.length, this.size);
    const torn = new Uint8Array(shorter + random.below(longer - shorter + 1));
    for (let at = 0; at < torn.length; at += PAGE) {
      const source = random.chance(0.5) ? this.#content.subarray(0, this.size) : this.#durable;
      torn.set(source.subarray(at, Math.min(at + PAGE, torn.length)), at);
    }
    return torn;
  }

  #reserve(size: number): void {
    if (size <= this.#content.length) return;
    const grown = new Uint8Array(Math.max(size, this.#content.length * 2, 64));
    grown.set(this.#content.subarray(0, this.size));
    this.#content = grown;
  }
}

/** One change of names that is not durable yet; undefined removes a name. */
type NameChange = readonly (readonly [name: string, node: MemoryNode | undefined])[];

/** A directory in memory: the names a reader sees, the durable ones, and the changes in between. */
export class MemoryDirectory {
  readonly kind = 'directory';
  readonly inode: number;
  mtimeMs: number;
  permissions: number;
  readonly entries: Map<string, MemoryNode>;
  #durable: Map<string, MemoryNode>;
  #pending: NameChange[];

  constructor(inode: number, mtimeMs: number, permissions: number) {
    this.inode = inode;
    this.mtimeMs = mtimeMs;
    this.permissions = permissions;
    this.entries = new Map();
    this.#durable = new Map();
    this.#pending = [];
  }

  /** Changes names as one step: all of it survives a crash or nothing. */
  change(change: NameChange): void {
    apply(this.entries, change);
    this.#pending.push(change);
  }

  sync(): void {
    this.#durable = new Map(this.entries);
    this.#pending = [];
  }

  /** Brings this directory and all below it to what survives. */
  crash(mode: CrashMode, random: SeededRandom): void {
    if (mode !== 'keep') {
      // A file system keeps the order of changes within a directory, so a beginning of them survives.
      const survivors = mode === 'lose' ? 0 : random.below(this.#pending.length + 1);
      for (const change of this.#pending.slice(0, survivors)) apply(this.#durable, change);
      this.entries.clear();
      for (const [name, node] of this.#durable) this.entries.set(name, node);
      this.#pending = [];
    }
    for (const node of this.entries.values()) node.crash(mode, random);
  }
}

/** Anything with a name. */
export type MemoryNode = MemoryDirectory | MemoryFile;

function apply(names: Map<string, MemoryNode>, change: NameChange): void {
  for (const [name, node] of change) {
    if (node === undefined) names.delete(name);
    else names.set(name, node);
  }
}
