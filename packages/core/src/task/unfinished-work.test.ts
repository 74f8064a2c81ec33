import { expect, it } from 'vitest';
import type { Operator, Progress, Receiver } from '../operators/operator.js';
import type { OperatorInfo } from '../operators/operator-context.js';
import { harnessNode } from '../testing/harness-nodes.js';
import { SimulatedPlatform } from '../testing/simulation/simulated-platform.js';
import { FlowControl } from './flow-control.js';
import { TaskMailbox } from './mailbox.js';
import { OperatorChain } from './operator-chain.js';
import { Subtask } from './subtask.js';
import { statelessEnvironment } from './subtask-environment.test-parts.js';
import type { TaskInput } from './task-input.js';

const INFO: OperatorInfo = { job: 'test', name: 'op', uid: 'op', subtask: 0, parallelism: 1, maxParallelism: 128, attempt: 0, definedAt: undefined, check: true };

/** What the operators of a chain have in common. */
interface World {
  readonly flow: FlowControl;
  readonly problems: string[];
  now: number;
  /** A whole number below `limit`. */
  random(limit: number): number;
  wakeAt(index: number, time: number): void;
}

/** Takes work now and then, with a record or by its time, does it in steps, and notes when it is given something before that is done. */
class Working implements Operator, Receiver {
  recordsIn = 0;
  next: Receiver | undefined;
  due = Infinity;
  readonly #world: World;
  readonly #index: number;
  #left = 0;

  constructor(world: World, index: number) {
    this.#world = world;
    this.#index = index;
  }

  open(): void {}

  input(): Receiver {
    return this;
  }

  process(): void {
    this.#notInTheMidst('a record');
    if (this.#world.random(3) > 0) return this.next?.process(0);
    this.#left = 1 + this.#world.random(3);
    this.#world.flow.setBacklog(this.#index, true);
  }

  resume(): Progress {
    return this.#work();
  }

  processingTime(): Progress {
    this.#notInTheMidst('its time');
    this.wakeSoon();
    if (this.#world.random(2) === 0) return 'done';
    this.#left = 1 + this.#world.random(3);
    return this.#work();
  }

  advance(): Progress {
    this.#notInTheMidst('a watermark');
    return 'done';
  }

  wakeSoon(): void {
    this.due = this.#world.now + 1 + this.#world.random(4);
    this.#world.wakeAt(this.#index, this.due);
  }

  #work(): Progress {
    while (this.#left > 0) {
      this.#left--;
      this.next?.process(0);
      if (!this.#world.flow.mayEmit(this.#index) || this.#world.random(3) === 0) break;
    }
    return this.#left > 0 ? 'more' : 'done';
  }

  #notInTheMidst(what: string): void {
    if (this.#world.flow.hasBacklog(this.#index)) this.#world.problems.push(`${what} in the midst of its work`);
  }
}

/** Runs a random chain, whose outputs are blocked now and then, and gives what was wrong. */
function problemsOf(seed: number): readonly string[] {
  let state = seed * 48_271;
  const random = (limit: number): number => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return (state >> 10) % limit;
  };
  const platform = new SimulatedPlatform({ seed });
  const length = 2 + random(4);
  const flow = new FlowControl(platform.clock, length);
  const world: World = { flow, problems: [], now: 0, random, wakeAt: (index, time) => chain.wakeAt(nodes[index]!, time) };
  const operators = Array.from({ length }, (_, index) => new Working(world, index));
  operators.forEach((operator, index) => (operator.next = operators[index + 1]));
  const nodes = operators.map((operator, index) => harnessNode(index, operator, INFO, -Infinity));
  nodes.forEach((node, index) => node.children.push(...nodes.slice(index + 1, index + 2).map((next) => ({ node: next, input: 0, counter: next.operator }))));
  const chain = new OperatorChain(nodes, [], flow);
  const run = (): 'more' => {
    if (random(4) === 0) chain.advanceWatermark(world.now);
    while (!flow.stopped && random(5) > 0) operators[0]!.process();
    return 'more';
  };
  const input: TaskInput = { run, recordsIn: 0, pauseAtBatchEnd: false, hasPartialBatch: false, readsChannels: false, queue: () => ({ bytes: 0, batches: 0, usage: 0 }), currentPlace: () => ({}) };
  const subtask = new Subtask({ name: 'op', environment: statelessEnvironment(platform, []), chain, flow, mailbox: new TaskMailbox(() => {}), input, sourceSnapshot: undefined });
  for (const operator of operators) if (random(2) === 0) operator.wakeSoon();
  let isBlocked = false;
  for (world.now = 1; world.now < 500; world.now++) {
    // In the end they are free for long.
    if (isBlocked ? random(6) === 0 || world.now > 200 : random(6) === 0 && world.now < 200) {
      if (isBlocked) flow.outputFreed();
      else flow.outputBlocked();
      isBlocked = !isBlocked;
    }
    if (subtask.step(Infinity, world.now) === 'waiting' && !isBlocked) world.problems.push('the subtask sleeps');
  }
  for (const operator of operators) if (operator.due < world.now - 150) world.problems.push(`an operator waits for its time since ${operator.due}`);
  return world.problems;
}

it('gives no operator anything in the midst of its work, and calls each for its time', () => {
  for (let seed = 1; seed <= 300; seed++) expect(problemsOf(seed), `seed ${seed}`).toEqual([]);
});
