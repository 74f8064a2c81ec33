import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ErrorKind } from '@millrace/core/spi';

/** A package that is installed or not, the first and the last number of its codes, and the name of its list of errors. */
interface ErrorPackage {
  readonly name: string;
  readonly list: string;
  readonly from: number;
  readonly to: number;
}

const PACKAGES: readonly ErrorPackage[] = [
  { name: '@millrace/kafka', list: 'KAFKA_ERRORS', from: 4000, to: 4099 },
  { name: '@millrace/schema-registry', list: 'SCHEMA_REGISTRY_ERRORS', from: 4200, to: 4219 },
  { name: '@millrace/avro', list: 'AVRO_ERRORS', from: 4220, to: 4239 },
  { name: '@millrace/protobuf', list: 'PROTOBUF_ERRORS', from: 4240, to: 4259 },
  { name: '@millrace/json-schema', list: 'JSON_SCHEMA_ERRORS', from: 4260, to: 4279 },
];

/** The errors of the packages that are installed for programs in `folder`; those that are not, or do not load, bring none. */
export async function errorsOfPackages(folder: string): Promise<readonly ErrorKind[]> {
  return (await Promise.all(PACKAGES.map((one) => errorsOf(one, folder)))).flat();
}

/** The package that a code such as `MR-4005` belongs to; undefined for codes of the engine and of the command. */
export function packageOfCode(code: string): string | undefined {
  const number = Number(/^MR-(\d{4})$/.exec(code)?.[1]);
  return PACKAGES.find(({ from, to }) => number >= from && number <= to)?.name;
}

/** True when programs in `folder` find the package. */
export function isInstalled(name: string, folder: string): boolean {
  return (createRequire(join(folder, 'x.js')).resolve.paths(name) ?? []).some((modules) => existsSync(join(modules, name, 'package.json')));
}

async function errorsOf({ name, list }: ErrorPackage, folder: string): Promise<readonly ErrorKind[]> {
  if (!isInstalled(name, folder)) return [];
  try {
    const entry = createRequire(join(folder, 'x.js')).resolve(name);
    const module = (await import(pathToFileURL(entry).href)) as Record<string, readonly ErrorKind[] | undefined>;
    return module[list] ?? [];
  } catch {
    return [];
  }
}
