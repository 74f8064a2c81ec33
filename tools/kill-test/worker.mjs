// A worker thread of the kill test: what the engine's own entry does, on the platform that ends the process at a point.
import { nodePlatform } from '../../packages/core/src/platform/node/node-platform.ts';
import { runTaskManagerThread } from '../../packages/core/src/runtime/task-manager/task-manager-thread.ts';
import job from './job.mjs';
import { killingPoints } from './killing-points.mjs';

const { plan, args, options } = nodePlatform().threads.currentThread.data.job;
await runTaskManagerThread({ ...nodePlatform(), points: killingPoints(plan) }, async () => job.build(args, { options }));
