import { RegistryOptionInvalid } from './errors.js';

/** What a subject is named after. */
export interface SubjectContext {
  /** The topic, where the connector has one. */
  readonly topic: string | undefined;
  readonly isKey: boolean;
  /** The full name of the record or message type; undefined where the schema has none. */
  readonly recordName: string | undefined;
}

/** Names the subject of a schema: a function, or a name itself. */
export type SubjectStrategy = string | ((context: SubjectContext) => string);

/** The topic, and `-value` or `-key`: the strategy unless another is given. */
export function topicName({ topic, isKey }: SubjectContext): string {
  return `${needed(topic, 'topic')}-${isKey ? 'key' : 'value'}`;
}

/** The full name of the record, the same in all topics. */
export function recordName(context: SubjectContext): string {
  return needed(context.recordName, 'name of the record');
}

/** The topic and the full name of the record: several kinds of records in one topic. */
export function topicRecordName(context: SubjectContext): string {
  return `${needed(context.topic, 'topic')}-${needed(context.recordName, 'name of the record')}`;
}

/** The subject that a strategy gives. Throws `MR-4201` where what it is named after is missing. */
export function subjectOf(strategy: SubjectStrategy | undefined, context: SubjectContext): string {
  const subject = typeof strategy === 'string' ? strategy : (strategy ?? topicName)(context);
  if (typeof subject === 'string' && subject !== '') return subject;
  throw RegistryOptionInvalid.error({ what: `the subject is ${JSON.stringify(subject)}, and must be a name` });
}

function needed(part: string | undefined, name: string): string {
  if (part !== undefined && part !== '') return part;
  throw RegistryOptionInvalid.error({ what: `the subject is named after the ${name}, which there is none of here`, remedy: "Give the format a subject of its own, e.g. subject: 'orders-value'." });
}
