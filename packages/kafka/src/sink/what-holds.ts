import type { DeliveryGuarantee } from '@millrace/core/spi';

/** What a sink of Kafka is told of its run. */
export interface HowItWrites {
  readonly topics: readonly string[];
  readonly guarantee: DeliveryGuarantee;
  /** Of its transactions, where it has some. */
  readonly prefix: string | undefined;
  /** Whether the run takes checkpoints. */
  readonly checkpoints: boolean;
}

/** What a sink says in the log when it starts: the guarantee that its records have, and by which means. */
export function whatHolds({ topics, guarantee, prefix, checkpoints }: HowItWrites): { readonly topics: string; readonly guarantee: string; readonly by: string } {
  return { topics: topics.join(', '), guarantee: guarantee === 'none' || checkpoints ? guarantee : `${guarantee} ${WITHOUT_CHECKPOINTS[guarantee]}`, by: means(guarantee, prefix, checkpoints) };
}

const WITHOUT_CHECKPOINTS = {
  'exactly-once': 'for a run that succeeds; nothing is kept over a failure without checkpoints',
  'at-least-once': 'for a run that succeeds; without checkpoints a failure may lose what was not sent yet',
} as const;

function means(guarantee: DeliveryGuarantee, prefix: string | undefined, checkpoints: boolean): string {
  switch (guarantee) {
    case 'exactly-once':
      return `transactions "${prefix}-<subtask>-<n>" (Produce v9, EndTxn v3), read them with isolation read_committed`;
    case 'at-least-once':
      return `acknowledgement of all in-sync replicas before ${checkpoints ? 'each checkpoint' : 'the end'}`;
    case 'none':
      return 'acknowledgement of the leader';
  }
}
