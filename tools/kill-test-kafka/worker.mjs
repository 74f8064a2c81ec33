// A worker thread of the kill test with Kafka, on the platform that ends the process at a point.
import { nodePlatform } from '../../packages/core/src/platform/node/node-platform.ts';
import { runTaskManagerThread } from '../../packages/core/src/runtime/task-manager/task-manager-thread.ts';
import { killingPoints } from '../kill-test/killing-points.mjs';
import job from './job.mjs';

const { plan, options } = nodePlatform().threads.currentThread.data.job;
await runTaskManagerThread({ ...nodePlatform(), points: killingPoints(plan) }, async () => job.build(plan.args, { options }));
