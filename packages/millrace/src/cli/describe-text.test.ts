import type { Plan } from '@millrace/core/spi';
import { expect, it } from 'vitest';
import { describeText } from './describe-text.js';
import type { JobView } from './job-view.js';

it('shows subtasks that have not reported yet as such', () => {
  const metrics = { busyTimeMsPerSecond: 500, idleTimeMsPerSecond: 500, backPressuredTimeMsPerSecond: 0 };
  const view = {
    job: 'orders', id: '12345678', pid: 1, epoch: 1, state: 'RUNNING', now: 1e6, startedAt: 0, restarts: 0, parallelism: 3, maxParallelism: 128, failures: [], operators: [], checkpoints: undefined,
    progress: { recordsIn: 7, recordsOut: 7, seconds: 1 },
    subtasks: [{ name: 'in → out [1]', phase: 'running', recordsIn: 7, watermark: 1, emittedWatermark: 1, isIdle: false, isOutputBlocked: false, isHeld: false, metrics }],
    plan: { vertices: [{ id: 1, name: 'in → out', parallelism: 3, operators: [] }], edges: [] } as unknown as Plan,
  } as unknown as JobView;
  const text = describeText(view);
  expect(text).toMatch(/in → out \[0\] +not reported yet +\? .*\nin → out \[1\] +running +7 +50 % .*\nin → out \[2\] +not reported yet/);
});
