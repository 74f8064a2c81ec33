/**
 * The test kit: jobs with virtual time (`testJob`), operators in a harness, kits that every connector, format and state
 * backend must pass, drivers that run a source or a sink without an engine, and a machine that is simulated.
 */
export { JobTestRun, testJob, TestSource, type JobTestOptions } from './job-test-driver.js';

export { OperatorHarness, type HarnessOptions } from './operator-harness.js';
export type { OutputEvent, OutputRecord } from './harness-log.js';
export type { LoggedMessage } from './harness-nodes.js';
export type { HarnessOperatorSnapshot, HarnessSnapshot, HarnessSnapshotRun } from './harness-snapshot.js';
export { ParallelHarness, type HarnessRoute, type ParallelHarnessOptions } from './parallel-harness.js';
export { runOperatorMatrix, type MatrixStep, type OperatorCase } from './operator-matrix.js';

export { formatKit, type FormatKitSubject, type KitTest } from './format-kit.js';
export { sourceKit, type SourceKitSubject } from './source-kit.js';
export { sinkKit, type SinkKitSubject, type SinkUnderTest } from './sink-kit.js';
export { kitBackend, stateBackendKit, takeSnapshot, type KitCheck } from './state-backend-kit.js';
export { runStateModel, StillClock } from './state-backend-model.js';
export type { RigOptions } from './state-rig.js';

export { readAll, SourceDriver, type ReadRecord, type ReadResult, type SourceDriving, type SourceSnapshot } from './source-driver.js';
export { SinkDriver, type SinkDriving, type SinkSnapshot } from './sink-driver.js';

export { simulate, SimulatedPlatform, type RunLimits, type SimulationOptions } from './simulation/simulated-platform.js';
export type { DiskFault, DiskFaults, DiskOperation } from './simulation/disk-faults.js';
export type { CrashMode } from './simulation/memory-tree.js';
