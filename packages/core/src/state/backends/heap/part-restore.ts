/** Restoring what belongs to no key, and timers. */
import { freezeKey, type MapKey, mapKey } from '../../../record/map-key.js';
import type { Namespace } from '../../backend.js';
import { keyReader, type DeclaredState, valueReader } from '../../format/stored-type.js';
import type { SectionReaders } from '../../format/section-reader.js';
import type { ValueCodec } from '../../format/value-codec.js';
import type { TimerDomain } from '../../timers/timer-domain.js';
import type { HeapOperatorList } from './operator-list.js';
import type { RestoredSection, RestoredState } from './restored-state.js';
import type { SlotTable } from './slot-table.js';
import { IgnoringVisitor, readersOf } from './store-restore.js';

/** Fills a broadcast state: each subtask takes one old copy; when there are more subtasks than copies, several take the same. */
export function restoreBroadcast(restored: RestoredState, table: SlotTable<unknown>, declared: DeclaredState, keyCodec: ValueCodec, subtask: number): void {
  const copies = restored.claimOperatorPart(declared.name, 'broadcast').filter((section) => section !== undefined);
  const copy = copies[subtask % Math.max(1, copies.length)];
  if (copy === undefined) return;
  restored.read(copy, readersOf(copy, declared, keyCodec), new BroadcastVisitor(table));
}

/**
 * Fills an operator list. Of a union every subtask gets all elements. A list goes back to where it was when the number
 * of subtasks is the same, and is dealt out one by one otherwise.
 */
export function restoreList<T>(
  restored: RestoredState,
  list: HeapOperatorList<T>,
  declared: DeclaredState,
  keyCodec: ValueCodec,
  place: { readonly subtask: number; readonly parallelism: number },
): void {
  const parts = restored.claimOperatorPart(declared.name, list.meta.kind);
  const elements = parts.map((part) => (part === undefined ? [] : readElements(restored, part, declared, keyCodec)));
  if (list.meta.kind === 'operatorUnion') list.update(elements.flat() as T[]);
  else if (parts.length === place.parallelism) list.update((elements[place.subtask] ?? []) as T[]);
  else list.update(elements.flat().filter((_, at) => at % place.parallelism === place.subtask) as T[]);
}

/** Fills the timers of one time domain. */
export function restoreTimers(restored: RestoredState, name: string, domain: TimerDomain, keyCodec: ValueCodec, operatorUid: string): void {
  const chains = restored.claimKeyed([name], { kind: 'timers', namespaced: false });
  for (const [keyGroup, chain] of chains) {
    const visitor = new TimerVisitor();
    for (const part of chain) {
      const key = keyReader(part.keyType, keyCodec, { operatorUid, what: 'the key' });
      restored.read(part, { key, mapKey: undefined, value: key }, visitor);
    }
    domain.restore(keyGroup, visitor.timers());
  }
}

function readElements(restored: RestoredState, part: RestoredSection, declared: DeclaredState, keyCodec: ValueCodec): unknown[] {
  const visitor = new ElementsVisitor();
  const readers: SectionReaders = { key: keyCodec, mapKey: undefined, value: valueReader(part.state, declared) };
  restored.read(part, readers, visitor);
  return visitor.items;
}

class BroadcastVisitor extends IgnoringVisitor {
  readonly #table: SlotTable<unknown>;

  constructor(table: SlotTable<unknown>) {
    super();
    this.#table = table;
  }

  override value(_namespace: Namespace, key: unknown, _time: number, value: unknown): void {
    this.#table.restore(key, value);
  }
}

class ElementsVisitor extends IgnoringVisitor {
  readonly items: unknown[] = [];

  override elements(items: unknown[]): void {
    for (const item of items) this.items.push(item);
  }
}

interface StoredTimer {
  readonly key: unknown;
  readonly time: number;
  readonly namespace: Namespace | null;
  readonly sequence: number;
}

/** Collects timers over a base and its deltas. */
class TimerVisitor extends IgnoringVisitor {
  readonly #byKey: Map<MapKey, Map<string, StoredTimer>> = new Map();

  override timer(namespace: Namespace | null, key: unknown, time: number, sequence: number): void {
    const mapped = mapKey(key);
    let ofKey = this.#byKey.get(mapped);
    if (ofKey === undefined) {
      ofKey = new Map();
      this.#byKey.set(mapped, ofKey);
    }
    ofKey.set(identityOf(namespace, time), { key: freezeKey(key), time, namespace, sequence });
  }

  override removeTimer(namespace: Namespace | null, key: unknown, time: number): void {
    this.#byKey.get(mapKey(key))?.delete(identityOf(namespace, time));
  }

  timers(): StoredTimer[] {
    const timers: StoredTimer[] = [];
    for (const ofKey of this.#byKey.values()) for (const timer of ofKey.values()) timers.push(timer);
    return timers;
  }
}

function identityOf(namespace: Namespace | null, time: number): string {
  return namespace === null ? `${time}` : `${time}/${namespace.start}/${namespace.end}`;
}
