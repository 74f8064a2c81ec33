import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { initialProtocol, protocolStep, type ProtocolCommand, type ProtocolEvent, type ProtocolState } from './protocol.js';

const trigger: ProtocolEvent = { kind: 'trigger', now: 5, options: { alignment: 'exactly-once' } };
const ack = (checkpointId: number, subtask: number): ProtocolEvent => ({ kind: 'acknowledged', checkpointId, subtask });

function play(state: ProtocolState, events: ProtocolEvent[]): ProtocolCommand[] {
  let current = state;
  return events.flatMap((event) => {
    const next = protocolStep(current, event);
    current = next.state;
    return next.commands;
  });
}

describe('checkpoint protocol', () => {
  it('completes a checkpoint when the last subtask has acknowledged it', () => {
    expect(play(initialProtocol(2, 0), [trigger, ack(1, 0), ack(1, 1)])).toMatchObject([{ kind: 'sendBarrier', barrier: { checkpointId: 1 } }, { kind: 'complete', checkpointId: 1 }]);
  });

  it('goes on counting after the last id of a restored state', () => {
    expect(play(initialProtocol(1, 41), [trigger])).toMatchObject([{ barrier: { checkpointId: 42 } }]);
  });

  it('refuses a second checkpoint while one is under way', () => {
    expect(play(initialProtocol(1, 0), [trigger, trigger])).toMatchObject([{ kind: 'sendBarrier' }, { kind: 'refuse', reason: 'checkpoint 1 is still under way' }]);
  });

  it('ignores acknowledgements that come twice, late, or for a checkpoint given up', () => {
    const commands = play(initialProtocol(2, 0), [trigger, ack(1, 0), ack(1, 0), { kind: 'gaveUp', checkpointId: 1 }, ack(1, 1), trigger, ack(1, 1), ack(2, 0), ack(2, 1)]);
    expect(commands.map((command) => command.kind)).toEqual(['sendBarrier', 'abort', 'sendBarrier', 'complete']);
  });

  it('completes each checkpoint at most once, in order, whatever comes when', () => {
    const event = fc.oneof(
      fc.constant(trigger),
      fc.record({ kind: fc.constant('acknowledged' as const), checkpointId: fc.integer({ min: 1, max: 5 }), subtask: fc.integer({ min: 0, max: 2 }) }),
      fc.record({ kind: fc.constant('gaveUp' as const), checkpointId: fc.integer({ min: 1, max: 5 }) }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const completed = play(initialProtocol(3, 0), events).flatMap((command) => (command.kind === 'complete' ? [command.checkpointId] : []));
        expect(completed).toEqual([...new Set(completed)].sort((a, b) => a - b));
      }),
      { numRuns: 500 },
    );
  });
});
