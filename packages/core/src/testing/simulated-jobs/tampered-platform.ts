import type { FileHandle, Files } from '../../base/platform-files.js';
import type { MemoryFiles } from '../simulation/memory-files.js';
import type { SimulatedPlatform } from '../simulation/simulated-platform.js';

/** The same platform with some of its parts replaced. */
export function withParts(platform: SimulatedPlatform, parts: { readonly [Part in keyof SimulatedPlatform]?: unknown }): SimulatedPlatform {
  return Object.create(platform, Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, { value, enumerable: true }]))) as SimulatedPlatform;
}

/** The same platform with some of its disk's methods replaced; they are given the disk as it is. */
export function withFiles(platform: SimulatedPlatform, replace: (files: MemoryFiles) => Partial<Files>): SimulatedPlatform {
  const { files } = platform;
  const replaced = replace(files) as Readonly<Record<PropertyKey, unknown>>;
  return withParts(platform, { files: new Proxy(files, { get: (target, name) => (Object.hasOwn(replaced, name) ? replaced[name] : Reflect.get(target, name, target)) }) });
}

/** The same handle with some of its methods replaced. */
export function withHandle(handle: FileHandle, replaced: Partial<FileHandle>): FileHandle {
  return {
    path: handle.path,
    read: (into, position) => handle.read(into, position),
    write: (bytes, position) => handle.write(bytes, position),
    sync: () => handle.sync(),
    truncate: (size) => handle.truncate(size),
    size: () => handle.size(),
    close: () => handle.close(),
    ...replaced,
  };
}
