import type { BroadcastDeclaration, KeyedStateDeclaration } from '../state/declarations.js';
import type { BroadcastState, ReadOnlyBroadcastState } from '../state/handles.js';
import type { StateBackend } from '../state/backend.js';
import { namedParts } from './named-parts.js';
import type { OperatorInfo } from './operator-context.js';

/** The handles of the keyed states that a function declares, by name. */
export function keyedStates(declarations: object | undefined, backend: StateBackend, info: OperatorInfo): Readonly<Record<string, unknown>> {
  const handles = new Map<string, unknown>();
  for (const [name, declaration] of Object.entries(declarations ?? {})) {
    handles.set(name, backend.keyedState(name, declaration as KeyedStateDeclaration));
  }
  return namedParts('state', handles, info);
}

/** The handles of declared broadcast states: to write for the broadcast side, to read for the other one. */
export interface BroadcastHandles {
  readonly writable: Readonly<Record<string, unknown>>;
  readonly readOnly: Readonly<Record<string, unknown>>;
}

/** Makes both kinds of handles of the broadcast states that a function declares. */
export function broadcastStates(declarations: object | undefined, backend: StateBackend, info: OperatorInfo): BroadcastHandles {
  const writable = new Map<string, unknown>();
  const readOnly = new Map<string, unknown>();
  for (const [name, declaration] of Object.entries(declarations ?? {})) {
    const state = backend.broadcast(name, declaration as BroadcastDeclaration<unknown, unknown>);
    writable.set(name, state);
    readOnly.set(name, new ReadOnlyView(state));
  }
  return {
    writable: namedParts('broadcast state', writable, info),
    readOnly: namedParts('broadcast state', readOnly, info),
  };
}

/** A broadcast state without the methods that write: each instance would have a copy of its own that differs. */
class ReadOnlyView implements ReadOnlyBroadcastState<unknown, unknown> {
  readonly #state: BroadcastState<unknown, unknown>;

  constructor(state: BroadcastState<unknown, unknown>) {
    this.#state = state;
  }

  get(key: unknown): unknown {
    return this.#state.get(key);
  }

  has(key: unknown): boolean {
    return this.#state.has(key);
  }

  entries(): Iterable<readonly [unknown, unknown]> {
    return this.#state.entries();
  }

  get size(): number {
    return this.#state.size;
  }
}
