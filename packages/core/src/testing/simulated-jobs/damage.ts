import type { Files } from '../../base/platform-files.js';
import type { SeededRandom } from '../simulation/seeded-random.js';
import type { Damage } from './scenario.js';

/** Files of checkpoints that were changed behind the engine's back. */
export interface Damaged {
  readonly what: string;
  /** Puts the old bytes back, where the files are still as they were damaged. */
  repair(files: Files): void;
}

/** Damages a file that the newest checkpoint needs: its manifest, or one with its state. Undefined when there is none to damage. */
export function damageCheckpoint(files: Files, directory: string, kind: Damage, random: SeededRandom): Damaged | undefined {
  const names = files.exists(directory) ? files.readDirectory(directory).map(({ name }) => name) : [];
  const numbered = (pattern: RegExp): string[] => names.filter((name) => pattern.test(name)).sort((a, b) => numberOf(a) - numberOf(b));
  const manifests = numbered(/^checkpoint-\d+\.json$/);
  const states = numbered(/^state-\d+-\d+(?:-\d+)?\.bin$/);
  const target = random.chance(0.4) ? manifests.at(-1) : states.at(-1 - random.below(Math.min(2, Math.max(1, states.length))));
  if (target === undefined) return undefined;
  const path = `${directory}/${target}`;
  if (kind !== 'swap') return replace(files, [[path, changed(files.readFile(path), kind, random)]], `${kind} of ${target}`);
  const kin = target.endsWith('.json') ? manifests : states;
  const other = kin.find((name) => name !== target);
  if (other === undefined) return undefined;
  const otherPath = `${directory}/${other}`;
  return replace(files, [[path, files.readFile(otherPath)], [otherPath, files.readFile(path)]], `swap of ${target} and ${other}`);
}

function numberOf(name: string): number {
  return Number(/(\d+)\.\w+$/.exec(name)?.[1]);
}

function changed(bytes: Uint8Array, kind: Exclude<Damage, 'swap'>, random: SeededRandom): Uint8Array {
  const copy = bytes.slice();
  switch (kind) {
    case 'zeroLength':
      return new Uint8Array(0);
    case 'truncate':
      return copy.subarray(0, random.below(Math.max(1, copy.length)));
    case 'flip': {
      const at = random.below(Math.max(1, copy.length));
      copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
      return copy;
    }
    case 'wrongBytes':
      random.fill(copy);
      return copy;
  }
}

function replace(files: Files, changes: readonly (readonly [path: string, bytes: Uint8Array])[], what: string): Damaged {
  const before = changes.map(([path]) => files.readFile(path));
  for (const [path, bytes] of changes) files.writeFile(path, bytes, { sync: true });
  return {
    what,
    repair: (now) => changes.forEach(([path], index) => {
      if (now.exists(path)) now.writeFile(path, before[index] as Uint8Array, { sync: true });
    }),
  };
}
