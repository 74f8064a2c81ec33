/** The test kit: jobs with virtual time, operators in a harness, and a machine that is simulated. */
export { JobTestRun, testJob, TestSource, type JobTestOptions } from './job-test-driver.js';
export { OperatorHarness, type HarnessOptions } from './operator-harness.js';
export { ParallelHarness, type HarnessRoute, type ParallelHarnessOptions } from './parallel-harness.js';
export { runOperatorMatrix, type MatrixStep, type OperatorCase } from './operator-matrix.js';
export { readAll, SourceDriver, type ReadRecord, type ReadResult, type SourceDriving, type SourceSnapshot } from './source-driver.js';
export { stateBackendKit, type KitCheck } from './state-backend-kit.js';
export { simulate, SimulatedPlatform, type RunLimits, type SimulationOptions } from './simulation/simulated-platform.js';
