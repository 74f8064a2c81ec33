import { DEAD_LETTERS } from '../connector/dead-letter.js';
import type { NodeProgram } from '../operators/job-program.js';
import type { Operator } from '../operators/operator.js';
import { SinkOperator } from '../operators/sink.js';
import { SourceOperator } from '../operators/source.js';
import type { SubtaskEnvironment } from './ports.js';
import type { SubtaskPlan } from './subtask-plan.js';

/** Makes the operator of one node: that of its factory, or the one that runs its source or sink. */
export function makeOperator(program: NodeProgram, plan: SubtaskPlan, environment: SubtaskEnvironment): Operator {
  const { settings } = environment;
  switch (program.kind) {
    case 'operator':
      return program.factory.create();
    case 'sink':
      return new SinkOperator(program.sink, {
        platform: environment.platform,
        epoch: environment.epoch,
        checkpoints: settings.checkpoints,
        bounded: settings.bounded,
        restoresOwn: plan.restored?.own === true,
        print: (text, row) => environment.print(text, row),
        emitRow: (channel, row) => environment.emitRow(channel, row),
      });
    case 'source':
      return new SourceOperator(program.source, program.watermarks, {
        platform: environment.platform,
        coordinator: environment.coordinator,
        watermarkIntervalMs: settings.watermarkIntervalMs,
        watermarkPerRecord: settings.watermarkPerRecord,
        recordLimits: settings.recordLimits,
        batchSize: settings.batchSize,
        batchTargetMs: settings.bufferTargetMs,
        generateCode: settings.generateCode,
        keepsPlace: takesLetters(plan),
      });
  }
}

/** Whether anybody reads dead letters of the chain, which say where a record stood. */
function takesLetters({ execution, outgoing }: SubtaskPlan): boolean {
  return outgoing.some((edge) => edge.sideOutput === DEAD_LETTERS) || execution.vertex.operators.some(({ reads }) => reads.some(({ side }) => side === DEAD_LETTERS));
}
