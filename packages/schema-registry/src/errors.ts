import { defineError, type ErrorKind } from '@millrace/core/spi';

export const RegistryOptionInvalid: ErrorKind = defineError({
  code: 'MR-4201',
  title: 'A setting of the schema registry is not valid',
  explanation: 'Settings are checked when the client or the format is made, so that none is silently ignored.',
  remedy: 'Correct the setting that is named.',
});

export const RegistryUnreachable: ErrorKind = defineError({
  code: 'MR-4202',
  title: 'The schema registry cannot be reached',
  explanation: 'None of its addresses answered in time, or all answered that they cannot serve now, also after several attempts. Without a schema no record can be read or written.',
  remedy: 'Check the addresses and that the registry is up. The job goes on from its checkpoint once it is; `retries` and `timeout` say how patient the client is.',
});

export const RegistryDenied: ErrorKind = defineError({
  code: 'MR-4203',
  title: 'The schema registry denies access',
  explanation: 'The registry did not accept the user, or the user may not do this.',
  remedy: 'Check `auth` of the client, and what the user may do in the registry.',
});

export const RegistryRefused: ErrorKind = defineError({
  code: 'MR-4204',
  title: 'The schema registry refused a request',
  explanation: 'The answer of the registry is an error that asking again will not change, or it is none that a Confluent-compatible registry gives.',
  remedy: 'Look at what it says; check that the address is that of the API, e.g. with the path `/apis/ccompat/v6` for Apicurio.',
});

export const SchemaUnknown: ErrorKind = defineError({
  code: 'MR-4205',
  title: 'The schema registry does not know the schema',
  explanation: 'A record names its schema by an id that the registry does not have: the record was written with another registry, or the schema was deleted for good.',
  remedy: "Check that the registry is the one that the producer uses; onError: 'skip' or 'deadLetter' goes on without such records.",
});

export const SubjectUnknown: ErrorKind = defineError({
  code: 'MR-4206',
  title: 'The schema registry does not know the subject or version',
  explanation: 'Nothing is registered under this name, or not this version.',
  remedy: 'Check the name: with the topic strategy it is that of the topic and `-value` or `-key`. A sink with autoRegister registers its schema itself.',
});

export const SchemaNotRegistered: ErrorKind = defineError({
  code: 'MR-4207',
  title: 'The schema is not registered',
  explanation: 'The sink must not register its schema (autoRegister: false), and the registry does not have it under the subject.',
  remedy: 'Register the schema first, or let the sink do it with autoRegister: true.',
});

export const SchemaIncompatible: ErrorKind = defineError({
  code: 'MR-4208',
  title: 'The schema is not compatible with earlier ones',
  explanation: 'The registry refuses a schema with which readers of the subject could not read on, as its compatibility level asks.',
  remedy: 'Change the schema so that it stays compatible (a new field gets a default), use another subject, or change the level of the subject knowing who reads it.',
});

export const SchemaRefused: ErrorKind = defineError({
  code: 'MR-4209',
  title: 'The schema registry does not accept the schema',
  explanation: 'The text is no schema of its kind, or refers to another schema that is not named among its references.',
  remedy: 'Mend the schema, and give its references with subject and version.',
});

export const WireFormatInvalid: ErrorKind = defineError({
  code: 'MR-4210',
  title: 'The record does not begin with the id of a schema',
  explanation: 'With a registry each record begins with a zero byte and the id of its schema in four bytes. This one does not: it was written without the registry, or in another format.',
  remedy: "Read it without the registry, or mend the producer; onError: 'skip' or 'deadLetter' goes on without such records.",
});

export const ConnectorCannotWait: ErrorKind = defineError({
  code: 'MR-4211',
  title: 'The connector does not wait for schemas',
  explanation: 'A format with a registry must fetch a schema before it decodes a record, and register its own before it writes one. The connector calls neither, since it is made for formats that need nothing from outside.',
  remedy: 'Use a source or sink of messages (Kafka, the event log), or the format without the registry. Dead letters: asyncMap(redriveAsync(format)) instead of flatMap(redrive(format)).',
});

export const LatestUnreadable: ErrorKind = defineError({
  code: 'MR-4212',
  title: 'The newest schema cannot be read as the schema of the format',
  explanation: 'Producers write, or will write, with the newest schema of the subject. The source checks it when it starts: records of it could not be decoded.',
  remedy: "Give the format a schema that goes with the newest one; checkLatest: false leaves the check out, and so does onError: 'skip' or 'deadLetter'.",
});

/** Whether an error says nothing of a record or its schema: the registry could not answer, or would not. */
export function isFaultOfRegistry(error: unknown): boolean {
  return RegistryUnreachable.is(error) || RegistryDenied.is(error) || RegistryRefused.is(error);
}
