import { describe, expect, it } from 'vitest';
import type { Clock } from '../base/platform.js';
import { CLOCK_STRIDE } from '../operators/fusion/record-loop.js';
import { FlowControl } from './flow-control.js';
import { TaskMailbox } from './mailbox.js';

function flowWithClock(operators = 4): { flow: FlowControl; clock: { at: number } } {
  const clock = { at: 0 };
  const port: Clock = { now: () => 0, monotonicMs: () => clock.at };
  return { flow: new FlowControl(port, operators), clock };
}

describe('flow control', () => {
  it('lets an operator emit only while nothing behind it is unfinished', () => {
    const { flow } = flowWithClock();
    flow.beginTurn(10);
    flow.setBacklog(2, true);
    expect([flow.mayEmit(1), flow.mayEmit(2), flow.mayEmit(3)]).toEqual([false, true, true]);
    expect(flow.stopped).toBe(true);
    flow.setBacklog(2, false);
    expect(flow.mayEmit(0)).toBe(true);
    expect(flow.stopped).toBe(false);
  });

  it('finds the deepest of several', () => {
    const { flow } = flowWithClock();
    for (const index of [0, 3, 1]) flow.setBacklog(index, true);
    flow.setBacklog(3, false);
    expect(flow.deepestBacklog).toBe(1);
    flow.setBacklog(0, false);
    expect(flow.deepestBacklog).toBe(1);
  });

  it('stops for blocked outputs and holds, and goes on when all are free', () => {
    const { flow } = flowWithClock();
    flow.beginTurn(10);
    flow.outputBlocked();
    flow.hold();
    flow.outputFreed();
    expect([flow.stopped, flow.mayEmit(0)]).toEqual([true, false]);
    flow.release();
    expect(flow.stopped).toBe(false);
    expect(() => flow.release()).toThrow(/invariant/);
  });

  it('looks at the clock only at every 64th question, and remembers that time is up', () => {
    const { flow, clock } = flowWithClock();
    flow.beginTurn(5);
    clock.at = 6;
    const answers = Array.from({ length: CLOCK_STRIDE + 2 }, () => flow.mayEmit(0));
    expect(answers.indexOf(false)).toBe(CLOCK_STRIDE - 1);
    expect(answers.at(-1)).toBe(false);
    flow.beginTurn(20);
    expect(flow.mayEmit(0)).toBe(true);
  });
});

describe('mailbox', () => {
  it('runs mail in order, keeps what there is no time for, and never runs what was posted meanwhile', () => {
    let woken = 0;
    const mailbox = new TaskMailbox(() => woken++);
    const ran: string[] = [];
    mailbox.post(() => {
      ran.push('a');
      mailbox.post(() => ran.push('late'));
    });
    mailbox.post(() => ran.push('b'));
    mailbox.run(() => false);
    expect(ran).toEqual(['a']);
    mailbox.run(() => true);
    expect(ran).toEqual(['a', 'b', 'late']);
    expect([woken, mailbox.isEmpty]).toEqual([3, true]);
  });

  it('keeps the mail behind one that throws', () => {
    const mailbox = new TaskMailbox(() => {});
    const ran: string[] = [];
    mailbox.post(() => {
      throw new Error('bad mail');
    });
    mailbox.post(() => ran.push('b'));
    expect(() => mailbox.run(() => true)).toThrow('bad mail');
    mailbox.run(() => true);
    expect(ran).toEqual(['b']);
  });
});
