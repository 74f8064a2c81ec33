import type { Platform } from '../base/platform.js';
import type { Sink } from '../connector/sink.js';
import type { KitTest } from './format-kit.js';
import { expectKit } from './kit-errors.js';
import { SinkDriver, type SinkDriving } from './sink-driver.js';

/** What the sink kit is given. */
export interface SinkKitSubject<T> {
  readonly platform: Platform;
  /** Makes the sink of a new, empty target; called once per test. `reopen` makes it again for the same target. */
  create(): SinkUnderTest<T> | Promise<SinkUnderTest<T>>;
  /** Gives different records for different numbers. */
  record(number: number): T;
  /** A text that is the same for equal records. */
  textOf(value: T): string;
}

/** One target of a sink. */
export interface SinkUnderTest<T> {
  reopen(): Sink<T, never, never>;
  /** What a reader of the target sees now. */
  visible(): readonly T[] | Promise<readonly T[]>;
}

/** The tests that every sink must pass, each according to what the sink promises. */
export function sinkKit<T>(subject: SinkKitSubject<T>): readonly KitTest[] {
  return [
    { name: 'shows every record once at the end of a bounded job without checkpoints', run: () => withoutCheckpoints(subject) },
    { name: 'shows every record once at the end of a job with checkpoints', run: () => withCheckpoints(subject) },
    ...[1, 2, 5].map((parallelism) => ({ name: `loses and doubles nothing after a failure, going on with ${parallelism} writers`, run: () => afterFailure(subject, parallelism) })),
    { name: 'repeats a commit without harm', run: () => repeatedCommits(subject) },
    { name: 'shows nothing of a checkpoint that was not completed', run: () => incompleteCheckpoint(subject) },
    { name: 'closes without having written anything', run: () => emptyRun(subject) },
  ];
}

async function open<T>(subject: SinkKitSubject<T>, target: SinkUnderTest<T>, driving: Partial<SinkDriving> = {}): Promise<SinkDriver<T>> {
  const driver = new SinkDriver<T>(target.reopen(), { platform: subject.platform, ...driving });
  await driver.start();
  return driver;
}

async function writeAll<T>(subject: SinkKitSubject<T>, driver: SinkDriver<T>, from: number, to: number, writers: number): Promise<void> {
  for (let number = from; number < to; number++) await driver.write(subject.record(number), { subtask: number % writers, timestamp: number });
}

async function expectVisible<T>(subject: SinkKitSubject<T>, target: SinkUnderTest<T>, count: number, exactly: boolean): Promise<void> {
  const texts = (await target.visible()).map((value) => subject.textOf(value));
  const wanted = Array.from({ length: count }, (_, number) => subject.textOf(subject.record(number)));
  const got = (exactly ? texts : [...new Set(texts)]).sort().join('\n');
  expectKit(got === wanted.sort().join('\n'), `the target shows ${count} records${exactly ? ' once' : ''}, and not:\n${got}`);
}

async function withoutCheckpoints<T>(subject: SinkKitSubject<T>): Promise<void> {
  const target = await subject.create();
  const driver = await open(subject, target, { checkpoints: false, parallelism: 2 });
  await writeAll(subject, driver, 0, 20, 2);
  await driver.finish();
  await expectVisible(subject, target, 20, true);
}

async function withCheckpoints<T>(subject: SinkKitSubject<T>): Promise<void> {
  const target = await subject.create();
  const driver = await open(subject, target, { parallelism: 2 });
  for (let round = 0; round < 4; round++) {
    await writeAll(subject, driver, round * 5, round * 5 + 5, 2);
    await driver.checkpoint();
  }
  await driver.finish();
  await expectVisible(subject, target, 20, true);
}

async function afterFailure<T>(subject: SinkKitSubject<T>, parallelism: number): Promise<void> {
  for (const completed of [true, false]) {
    const target = await subject.create();
    const exactly = target.reopen().guarantee === 'exactly-once';
    const first = await open(subject, target, { parallelism: 3 });
    await writeAll(subject, first, 0, 10, 3);
    const restored = await first.barrier();
    if (completed) await first.complete();
    await writeAll(subject, first, 10, 15, 3);
    await first.close();
    const second = await open(subject, target, { parallelism, epoch: 2, restored });
    await writeAll(subject, second, 10, 20, parallelism);
    await second.finish();
    await expectVisible(subject, target, 20, exactly);
  }
}

async function repeatedCommits<T>(subject: SinkKitSubject<T>): Promise<void> {
  const target = await subject.create();
  const first = await open(subject, target);
  await writeAll(subject, first, 0, 10, 1);
  const restored = await first.barrier();
  await first.complete();
  await first.close();
  for (let epoch = 2; epoch < 4; epoch++) await (await open(subject, target, { epoch, restored })).close();
  const last = await open(subject, target, { epoch: 4, restored });
  await last.finish();
  await expectVisible(subject, target, 10, target.reopen().guarantee === 'exactly-once');
}

async function incompleteCheckpoint<T>(subject: SinkKitSubject<T>): Promise<void> {
  const target = await subject.create();
  if (target.reopen().guarantee !== 'exactly-once') return;
  const driver = await open(subject, target);
  await writeAll(subject, driver, 0, 10, 1);
  await driver.barrier();
  await expectVisible(subject, target, 0, true);
  await driver.close();
}

async function emptyRun<T>(subject: SinkKitSubject<T>): Promise<void> {
  const target = await subject.create();
  const driver = await open(subject, target, { checkpoints: false });
  await driver.finish();
  await expectVisible(subject, target, 0, true);
}
